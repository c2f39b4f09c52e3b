/**
 * Every column of every catalog of PostgreSQL 13 to 18: where its content is read, or why it is not compared. Nobody
 * would notice a forgotten column, so the list is complete, and a database with a column that is not in the list makes
 * the verdict incomplete. docs/COMPARISON.md has the same list.
 *
 * @see https://www.postgresql.org/docs/current/catalogs.html
 */
interface CatalogColumns {
  /** Columns that pg_dump writes, or that follow from what it writes. */
  readonly dumped?: string;
  /** Columns that pg_dump does not write, or not always: makesafe reads them from the catalog. */
  readonly read?: string;
  /** Columns that are not compared, and why. */
  readonly left?: Readonly<Record<string, string>>;
}

const OWN = 'identifies a row of this database only';
const DATA = 'is data, and no schema';
const STATE = 'is a state that changes while the server works';
const FOLLOWS = 'follows from what is compared';
const SERVER = 'belongs to the whole server';
const VERSION = "is the extension's version's, which is compared";

export const CATALOG_COLUMNS: Readonly<Record<string, CatalogColumns>> = {
  pg_aggregate: {
    dumped:
      'aggfnoid aggkind aggnumdirectargs aggtransfn aggfinalfn aggcombinefn aggserialfn aggdeserialfn aggmtransfn aggminvtransfn aggmfinalfn aggfinalextra aggmfinalextra aggfinalmodify aggmfinalmodify aggsortop aggtranstype aggtransspace aggmtranstype aggmtransspace agginitval aggminitval',
  },
  pg_am: { dumped: 'amname amhandler amtype' },
  pg_amop: {
    dumped:
      'amopfamily amoplefttype amoprighttype amopstrategy amoppurpose amopopr amopmethod amopsortfamily',
  },
  pg_amproc: { dumped: 'amprocfamily amproclefttype amprocrighttype amprocnum amproc' },
  pg_attrdef: { dumped: 'adrelid adnum adbin' },
  pg_attribute: {
    dumped:
      'attrelid attname atttypid atttypmod attnum attstorage attcompression attnotnull atthasdef attidentity attgenerated attislocal attinhcount attcollation attstattarget attoptions attfdwoptions',
    read: 'attacl',
    left: {
      'attlen attbyval attalign': "is the type's",
      attndims: 'is nothing that PostgreSQL keeps to: integer[] takes any number of dimensions',
      attisdropped: 'is the place of a column that is gone',
      attcacheoff: STATE,
      'atthasmissing attmissingval': DATA,
    },
  },
  pg_auth_members: {
    read: 'roleid member admin_option inherit_option set_option',
    left: { grantor: 'gives no right' },
  },
  pg_authid: {
    read: 'rolname rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls rolconnlimit rolvaliduntil',
    left: { rolpassword: 'is a secret, and another one everywhere' },
  },
  pg_cast: { dumped: 'castsource casttarget castfunc castcontext castmethod' },
  pg_class: {
    dumped:
      'relname relnamespace relkind reloftype relowner relam reltablespace relpersistence relispartition relpartbound relrowsecurity relforcerowsecurity reloptions relnatts relchecks relhasindex relhasrules relhastriggers relhassubclass relisshared reltype',
    read: 'relacl relreplident',
    left: {
      'relfilenode reltoastrelid relrewrite': OWN,
      'relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid': STATE,
      relispopulated: 'says whether there are data; db-verify-env tells',
    },
  },
  pg_collation: {
    dumped:
      'collname collnamespace collowner collprovider collisdeterministic collencoding collcollate collctype colliculocale colllocale collicurules',
    read: 'collversion',
  },
  pg_constraint: {
    dumped:
      'conname connamespace contype condeferrable condeferred conenforced conrelid contypid conparentid confrelid confupdtype confdeltype confmatchtype conislocal coninhcount connoinherit conperiod conkey confkey confdelsetcols conexclop conbin',
    read: 'convalidated',
    left: { 'conindid conpfeqop conppeqop conffeqop': FOLLOWS },
  },
  pg_conversion: {
    dumped: 'conname connamespace conowner conforencoding contoencoding conproc condefault',
  },
  pg_database: {
    read: 'datname datdba encoding datlocprovider datistemplate datconnlimit datcollate datctype datlocale daticulocale daticurules datcollversion dattablespace datacl',
    left: {
      datallowconn: 'is true of every database that can be read',
      dathasloginevt: FOLLOWS,
      'datfrozenxid datminmxid': STATE,
      datlastsysoid: 'is nothing since 15',
    },
  },
  pg_db_role_setting: { read: 'setdatabase setrole setconfig' },
  pg_default_acl: { read: 'defaclrole defaclnamespace defaclobjtype defaclacl' },
  pg_depend: { dumped: 'classid objid objsubid refclassid refobjid refobjsubid deptype' },
  pg_description: { dumped: 'objoid classoid objsubid description' },
  pg_enum: { dumped: 'enumtypid enumsortorder enumlabel' },
  pg_event_trigger: { dumped: 'evtname evtevent evtowner evtfoid evtenabled evttags' },
  pg_extension: {
    dumped: 'extname extnamespace',
    read: 'extowner extversion',
    left: { 'extrelocatable extconfig extcondition': VERSION },
  },
  pg_foreign_data_wrapper: {
    dumped: 'fdwname fdwowner fdwhandler fdwvalidator fdwoptions',
    read: 'fdwacl',
  },
  pg_foreign_server: {
    dumped: 'srvname srvowner srvfdw srvtype srvversion srvoptions',
    read: 'srvacl',
  },
  pg_foreign_table: { dumped: 'ftrelid ftserver ftoptions' },
  pg_index: {
    dumped:
      'indexrelid indrelid indnatts indnkeyatts indisunique indnullsnotdistinct indisprimary indisexclusion indimmediate indisclustered indisreplident indkey indcollation indclass indoption indexprs indpred',
    read: 'indisvalid indisready indislive',
    left: { indcheckxmin: STATE },
  },
  pg_inherits: { dumped: 'inhrelid inhparent inhseqno', read: 'inhdetachpending' },
  pg_init_privs: { read: 'objoid classoid objsubid privtype initprivs' },
  pg_language: {
    dumped: 'lanname lanowner lanispl lanplcallfoid laninline lanvalidator',
    read: 'lanpltrusted lanacl',
  },
  pg_largeobject: { left: { 'loid pageno data': DATA } },
  pg_largeobject_metadata: { left: { 'lomowner lomacl': DATA } },
  pg_namespace: { dumped: 'nspname nspowner', read: 'nspacl' },
  pg_opclass: {
    dumped: 'opcmethod opcname opcnamespace opcowner opcfamily opcintype opcdefault opckeytype',
  },
  pg_operator: {
    dumped:
      'oprname oprnamespace oprowner oprkind oprcanmerge oprcanhash oprleft oprright oprresult oprcom oprnegate oprcode oprrest oprjoin',
  },
  pg_opfamily: { dumped: 'opfmethod opfname opfnamespace opfowner' },
  pg_parameter_acl: { left: { 'parname paracl': SERVER } },
  pg_partitioned_table: {
    dumped: 'partrelid partstrat partnatts partdefid partattrs partclass partcollation partexprs',
  },
  pg_policy: {
    dumped: 'polname polrelid polcmd polpermissive polroles polqual polwithcheck',
  },
  pg_proc: {
    dumped:
      'proname pronamespace proowner prolang procost prorows provariadic prosupport prokind prosecdef proleakproof proisstrict proretset provolatile proparallel pronargs pronargdefaults prorettype proargtypes proallargtypes proargmodes proargnames proargdefaults protrftypes prosrc probin prosqlbody proconfig',
    read: 'proacl',
  },
  pg_publication: {
    dumped: 'pubname pubowner puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot pubgencols',
  },
  pg_publication_namespace: { dumped: 'pnpubid pnnspid' },
  pg_publication_rel: { dumped: 'prpubid prrelid prqual prattrs' },
  pg_range: {
    dumped: 'rngtypid rngsubtype rngmultitypid rngcollation rngsubopc rngcanonical rngsubdiff',
  },
  pg_replication_origin: { left: { 'roident roname': SERVER } },
  pg_rewrite: {
    dumped: 'rulename ev_class ev_type ev_enabled is_instead ev_qual ev_action',
  },
  pg_seclabel: { dumped: 'objoid classoid objsubid provider label' },
  pg_sequence: {
    dumped: 'seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle',
  },
  pg_shdepend: { read: 'dbid classid objid refclassid refobjid', left: { 'objsubid deptype': FOLLOWS } },
  pg_shdescription: { read: 'objoid classoid description' },
  pg_shseclabel: { read: 'objoid classoid provider label' },
  pg_statistic: {
    left: {
      'starelid staattnum stainherit stanullfrac stawidth stadistinct stakind1 stakind2 stakind3 stakind4 stakind5 staop1 staop2 staop3 staop4 staop5 stacoll1 stacoll2 stacoll3 stacoll4 stacoll5 stanumbers1 stanumbers2 stanumbers3 stanumbers4 stanumbers5 stavalues1 stavalues2 stavalues3 stavalues4 stavalues5':
        DATA,
    },
  },
  pg_statistic_ext: {
    dumped: 'stxrelid stxname stxnamespace stxowner stxkeys stxstattarget stxkind stxexprs',
  },
  pg_statistic_ext_data: {
    left: { 'stxoid stxdinherit stxdndistinct stxddependencies stxdmcv stxdexpr': DATA },
  },
  pg_subscription: {
    dumped:
      'subname subowner subbinary substream subtwophasestate subdisableonerr subpasswordrequired subrunasowner subfailover subconninfo subslotname subsynccommit subpublications suborigin',
    read: 'subdbid subenabled',
    left: { subskiplsn: STATE },
  },
  pg_subscription_rel: { left: { 'srsubid srrelid srsubstate srsublsn': STATE } },
  pg_tablespace: { dumped: 'spcname', left: { 'spcowner spcacl spcoptions': SERVER } },
  pg_transform: { dumped: 'trftype trflang trffromsql trftosql' },
  pg_trigger: {
    dumped:
      'tgrelid tgparentid tgname tgfoid tgtype tgisinternal tgconstrrelid tgdeferrable tginitdeferred tgnargs tgattr tgargs tgqual tgoldtable tgnewtable',
    read: 'tgenabled tgconstraint',
    left: { tgconstrindid: FOLLOWS },
  },
  pg_ts_config: { dumped: 'cfgname cfgnamespace cfgowner cfgparser' },
  pg_ts_config_map: { dumped: 'mapcfg maptokentype mapseqno mapdict' },
  pg_ts_dict: { dumped: 'dictname dictnamespace dictowner dicttemplate dictinitoption' },
  pg_ts_parser: {
    dumped: 'prsname prsnamespace prsstart prstoken prsend prsheadline prslextype',
  },
  pg_ts_template: { dumped: 'tmplname tmplnamespace tmplinit tmpllexize' },
  pg_type: {
    dumped:
      'typname typnamespace typowner typlen typbyval typtype typcategory typispreferred typisdefined typdelim typrelid typsubscript typelem typinput typoutput typreceive typsend typmodin typmodout typanalyze typalign typstorage typnotnull typbasetype typtypmod typcollation typdefaultbin typdefault',
    read: 'typacl',
    left: { typarray: FOLLOWS, typndims: 'is nothing that PostgreSQL keeps to' },
  },
  pg_user_mapping: { dumped: 'umuser umserver umoptions' },
};

const words = (text = ''): string[] => (text === '' ? [] : text.split(' '));

/** All columns of a catalog. */
export const columnsOf = ({ dumped, read, left = {} }: CatalogColumns): string[] => [
  'oid',
  ...words(dumped),
  ...words(read),
  ...Object.keys(left).flatMap(words),
];

/** The list as a table in Markdown, for docs/COMPARISON.md. */
export function describeColumns(): string {
  const named = (names: string): string =>
    words(names)
      .map((name) => `\`${name}\``)
      .join(', ');
  const rows = Object.entries(CATALOG_COLUMNS).map(([catalog, { dumped = '', read = '', left = {} }]) => {
    const why = Object.entries(left).map(([names, reason]) => `${named(names)}: ${reason}`);
    return `| \`${catalog}\` | ${named(dumped)} | ${named(read)} | ${why.join('; ')} |`;
  });
  return ['| catalog | by pg_dump | by makesafe | not compared |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
