/** The part of a container that we use, as `docker inspect` shows it. */
export interface Container {
  readonly Id: string;
  readonly Image: string;
  readonly State: { readonly Status: string; readonly ExitCode: number };
  readonly RestartCount: number;
  readonly Config: { readonly Env: readonly string[] | null };
  readonly HostConfig: { readonly Tmpfs?: Readonly<Record<string, string>> | null };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
  }[];
}

/** The part of a container that we use, from the engine's list. */
export interface ListedContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  readonly ImageID?: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Mounts: readonly {
    readonly Type?: string;
    readonly Name?: string;
    readonly Source?: string;
    readonly Destination?: string;
  }[];
  readonly Ports?: readonly {
    readonly IP?: string;
    readonly PublicPort?: number;
    readonly Type: string;
  }[];
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly NetworkID: string }>> | null;
  };
}

/** The part of a network that we use, from the engine's list. */
export interface ListedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** The part of a volume that we use, as `docker volume inspect` shows it. */
export interface ActualVolume {
  readonly Name: string;
  readonly Driver: string;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Mountpoint?: string;
}
export type ActualVolumes = ReadonlyMap<string, ActualVolume>;
