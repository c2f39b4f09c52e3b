/** The name of the assistant that this process runs under, as its environment says; undefined if a person does. */
export async function assistantHere(): Promise<string | undefined> {
  const { detectAgent } = await import('std-env');
  return detectAgent().name;
}
