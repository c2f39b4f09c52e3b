"""Joined to walked_alembic.py: before each step every table gets a few rows that its constraints let in.

The values are those on which migrations fail that an empty table lets pass: NULL, the longest text, a number that a smaller
type has no room for, the same value twice. Rows are tried, not proven: what a row of plain values breaks is looked up, and other
values are tried for the columns that it names, also such as the constraint's own text contains.
"""
import itertools

try:
    import re._parser as patterns
except ImportError:
    import sre_parse as patterns

# Not the first numbers: those are what a migration's own rows have.
FIRST = 20000
# One row of each kind for each table.
KINDS = ("plain", "null", "high", "low", "twice")
# A row of a table that does not fit is tried with so many others.
MOST_TRIED = 400
NOT_NULL, UNIQUE, CHECK, EXCLUSION = "23502", "23505", "23514", "23P01"

# All tables that may get rows. Read with the search path pg_catalog; no `%`, `?` or `:name`, which drivers replace.
TABLES = """
  SELECT json_build_object('id', c.oid::text, 'name', quote_ident(nspname) || '.' || quote_ident(relname),
    'columns', (SELECT coalesce(json_agg(json_build_object('number', attnum, 'name', attname, 'called', quote_ident(attname),
        'type', atttypid::text, 'mod', atttypmod, 'needed', attnotnull, 'identity', attidentity <> '')
        ORDER BY attnum), '[]')
      FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),
    'checks', (SELECT coalesce(json_object_agg(conname, json_build_object('text', pg_get_constraintdef(oid), 'columns', conkey)
        ORDER BY conname), '{}')
      FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c'),
    'keys', (SELECT coalesce(json_agg(json_build_object('columns', string_to_array(indkey::text, ' ')::int[],
        'name', i.relname) ORDER BY i.relname), '[]')
      FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = c.oid AND (indisunique OR indisexclusion)),
    'references', (SELECT coalesce(json_agg(json_build_object('columns', conkey, 'to', confrelid::text,
        'keys', (SELECT array_agg(quote_ident(attname) ORDER BY place)
          FROM unnest(confkey) WITH ORDINALITY AS key (number, place)
          JOIN pg_attribute ON attrelid = confrelid AND attnum = number), 'numbers', confkey) ORDER BY conname), '[]')
      FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f' AND conparentid = 0),
    'parts', CASE relkind WHEN 'p' THEN (SELECT string_agg(concat(pg_get_expr(p.relpartbound, p.oid), ' ',
        pg_get_partkeydef(p.oid)), ' ' ORDER BY p.oid) FROM pg_partition_tree(c.oid) t JOIN pg_class p ON p.oid = t.relid) END
    )::text
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
  ORDER BY c.oid"""

TYPES = """
  SELECT json_build_object('id', y.oid::text, 'name', typname, 'own', y.oid >= 16384 AND coalesce(relkind = 'c', true), 'kind', typtype, 'category', typcategory,
    'element', CASE typcategory WHEN 'A' THEN typelem::text END, 'base', nullif(typbasetype, 0)::text, 'mod', typtypmod,
    'needed', typnotnull,
    'labels', CASE typtype WHEN 'e' THEN (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = y.oid) END,
    'of', (SELECT rngsubtype::text FROM pg_range WHERE y.oid IN (rngtypid, rngmultitypid)),
    'fields', CASE typtype WHEN 'c' THEN (SELECT count(*) FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0
      AND NOT attisdropped) END,
    'checks', CASE typtype WHEN 'd' THEN (SELECT json_object_agg(conname, pg_get_constraintdef(o.oid)) FROM pg_constraint o
      WHERE contypid = y.oid AND contype = 'c') END)::text
  FROM pg_type y LEFT JOIN pg_class ON pg_class.oid = typrelid WHERE (y.oid >= 16384) = """

# Tries statements, each in a subtransaction, whatever the driver or env.py has begun, and makes no object in which to do it.
# Of each row the first one counts that inserts; else why each one did not. The names it uses are all the system's.
TRY = """
DO $makesafe$
DECLARE
  given pg_catalog.jsonb = pg_catalog.convert_from(pg_catalog.decode('{given}', 'hex'), 'UTF8')::pg_catalog.jsonb;
  tried pg_catalog.jsonb; one pg_catalog.text; told pg_catalog.jsonb = '[]'; errors pg_catalog.jsonb; found pg_catalog.bool;
  state pg_catalog.text; called pg_catalog.text; said pg_catalog.text; col pg_catalog.text;
BEGIN
  FOR tried IN SELECT value FROM pg_catalog.jsonb_array_elements(given) LOOP
    errors = '{{}}'; found = false;
    FOR one IN SELECT value FROM pg_catalog.jsonb_array_elements_text(tried) LOOP
      BEGIN
        EXECUTE one;
        SET CONSTRAINTS ALL IMMEDIATE;
        found = true;
        EXIT;
      EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, called = CONSTRAINT_NAME, col = COLUMN_NAME, said = MESSAGE_TEXT;
        errors = pg_catalog.jsonb_set(errors, ARRAY[pg_catalog.concat(state, ' ', called, ' ', col)],
          pg_catalog.jsonb_build_array(state, called, col, said));
      END;
    END LOOP;
    told = told OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('found', found, 'errors', errors));
  END LOOP;
  FOR one IN SELECT DISTINCT pg_catalog.concat(pg_catalog.quote_ident(nspname), '.', pg_catalog.quote_ident(conname))
      FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.connamespace
      WHERE condeferred LOOP
    EXECUTE pg_catalog.concat('SET CONSTRAINTS ', one, ' DEFERRED');
  END LOOP;
  PERFORM pg_catalog.set_config('makesafe.rows', told::pg_catalog.text, false);
END $makesafe$"""


class Rows:
    """Gives rows to the tables of one connection of alembic, and knows what it has given."""

    def __init__(self):
        self.types = {}
        self.given = {}
        self.filled = set()
        # Each once: a value is in no other table, unless a constraint says so.
        self.numbers = itertools.count(FIRST)
        self.without = {}

    def give(self, context):
        """Gives rows to each table that is new, or another one than before."""
        execute = context.connection.exec_driver_sql
        tables = self.read(execute, context)
        new = [one for one in in_order(tables) if self.given.get(one["id"]) != one["text"]]
        if not new:
            return
        rows = [Row(self, table, tables, kind, next(self.numbers)) for table in new for kind in KINDS]
        left = rows
        for _ in range(5):
            results = attempt(execute, [row.statements() for row in left])
            for row, result in zip(left, results):
                row.learn(result)
            if all(row.found for row in left):
                break
            # What refers to a row that has come only now is tried again.
            left = [row for row in left if not row.found]
        for table in new:
            self.given[table["id"]] = table["text"]
            own = [row for row in rows if row.table is table]
            if any(row.found for row in own):
                self.filled.add(table["id"])
            why = None if table["id"] in self.filled else own[0].why
            if self.without.get(table["name"]) != why:
                self.without[table["name"]] = why
                say(rows={"table": table["name"], "why": why})
        if not getattr(context, "_in_external_transaction", True):
            # They were there before the migration. Where env.py holds a transaction, its end is env.py's.
            context.connection.connection.commit()

    def read(self, execute, context):
        (path,) = execute("SELECT pg_catalog.current_setting('search_path')").fetchone()
        execute("SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)").fetchone()
        known = bool(self.types)
        found = [json.loads(one) for (one,) in execute(TYPES + "true").fetchall()]
        found += [] if known else [json.loads(one) for (one,) in execute(TYPES + "false").fetchall()]
        texts = [one for (one,) in execute(TABLES).fetchall()]
        execute("SELECT pg_catalog.set_config('search_path', '%s', false)" % path.replace("'", "''")).fetchone()
        self.types.update({one["id"]: one for one in found})
        own = json.dumps([one for one in found if one["own"]])
        tables = [{**json.loads(text), "text": text + own} for text in texts]
        # Of alembic's own table, whatever it is called, the version is the only column.
        return {
            one["id"]: one
            for one in tables
            if [each["name"] for each in one["columns"]] != ["version_num"]
        }


def in_order(tables):
    """Tables behind those to which they have to refer, as far as they do not refer to each other."""
    seen, order = set(), []

    def visit(table):
        if table["id"] in seen:
            return
        seen.add(table["id"])
        needed = {one["number"] for one in table["columns"] if one["needed"]}
        for reference in sorted(table["references"], key=lambda one: not needed.issuperset(one["columns"])):
            if reference["to"] in tables:
                visit(tables[reference["to"]])
        order.append(table)

    for one in tables.values():
        visit(one)
    return order


def attempt(execute, rows):
    given = json.dumps(rows).encode("utf-8").hex()
    execute(TRY.format(given=given))
    (told,) = execute("SELECT pg_catalog.current_setting('makesafe.rows')").fetchone()
    return json.loads(told)


class Row:
    """One row for a table: values for its columns, and more of them where they do not fit."""

    def __init__(self, rows, table, tables, kind, number):
        self.types, self.table, self.tables, self.kind, self.number = rows.types, table, tables, kind, number
        self.found, self.why, self.searched = False, None, {}
        self.columns = {one["number"]: one for one in table["columns"]}
        self.unique = {number for key in table["keys"] for number in key["columns"]}
        # Of a key of several columns the values of all but one may be there twice.
        kept = {number for key in table["keys"] for number in key["columns"][:-1]}
        single = {number for key in table["keys"] for number in key["columns"][-1:]}
        self.fresh = self.unique if kind != "twice" else single | (self.unique - kept)
        self.values = {number: self.value(column) for number, column in self.columns.items()}
        for reference in table["references"]:
            self.refer(reference)

    def value(self, column):
        """An expression of SQL for a column; None: what the column has by itself."""
        kind, number = self.kind, self.number
        if column["identity"] and not (kind == "high" and not self.is_own_key(column)):
            return literal(str(10**6 + number)) if self.is_own_key(column) else None
        if kind == "null" and not column["needed"] and not self.type_needs(column["type"]):
            return "NULL"
        if kind == "twice" and column["number"] not in self.fresh:
            kind, number = "plain", number - KINDS.index("twice")
        elif kind in ("null", "twice"):
            kind = "plain"
        found = literal_of(self.types, column["type"], column["mod"], kind, number)
        return "NULL" if found is None else literal(found)

    def type_needs(self, type):
        found = self.types.get(type, {})
        return bool(found.get("needed")) or (found.get("base") is not None and self.type_needs(found["base"]))

    def is_own_key(self, column):
        """Whether the table refers to this column of itself, and has to."""
        return any(
            one["to"] == self.table["id"]
            and column["number"] in one["numbers"]
            and all(self.columns[number]["needed"] for number in one["columns"] if number in self.columns)
            for one in self.table["references"]
        )

    def refer(self, reference, place=None):
        """Values that are there in the table that it refers to; the first reference of a column decides."""
        columns = [number for number in reference["columns"] if number in self.columns]
        if len(columns) != len(reference["columns"]) or reference["to"] not in self.tables:
            return
        if self.kind == "null" and any(self.values[number] == "NULL" for number in columns):
            return
        if reference["to"] == self.table["id"] and any(self.columns[number]["needed"] for number in columns):
            for number, key in zip(columns, reference["numbers"]):
                self.values[number] = self.values.get(key) or self.values[number]
            return
        other = self.tables[reference["to"]]["name"]
        if place is None:
            place = KINDS.index(self.kind) if self.fresh & set(columns) else KINDS.index(self.kind) % 2
        tied = getattr(self, "tied", set())
        where = " AND ".join(
            "r.%s OPERATOR(pg_catalog.=) %s" % (key, self.values[number])
            for number, key in zip(columns, reference["keys"])
            if number in tied
        )
        rest = " WHERE " + where if where else ""
        for number, key in zip(columns, reference["keys"]):
            if number in tied:
                continue
            one = "(SELECT r.%s FROM %s AS r%s ORDER BY r.tableoid, r.ctid OFFSET {} LIMIT 1)" % (key, other, rest)
            found = one.format(place)
            if number not in self.fresh and place:
                found = "coalesce(%s, %s)" % (found, one.format(0))
            self.values[number] = found
        self.tied = tied | set(columns)

    def statements(self):
        """What to try: the values as they are, and then others for the columns that are known to make it fail."""
        names = list(self.searched)
        choices = [self.searched[name] for name in names]
        tries = itertools.islice(by_distance(choices), MOST_TRIED)
        return [self.insert({**self.values, **dict(zip(names, one))}) for one in tries] or [self.insert(self.values)]

    def insert(self, values):
        filled = {number: value for number, value in values.items() if value is not None}
        if not filled:
            return "INSERT INTO %s DEFAULT VALUES" % self.table["name"]
        names = ", ".join(self.columns[number]["called"] for number in filled)
        return "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)" % (
            self.table["name"],
            names,
            ", ".join(filled.values()),
        )

    def learn(self, result):
        """From why it failed: other values for the columns that the failure is about."""
        self.found = result["found"]
        for state, constraint, column, message in result["errors"].values():
            self.why = message
            for number, texts in self.meant(state, constraint, column).items():
                self.searched[number] = self.others(number, texts)

    def meant(self, state, constraint, column):
        """The columns that a failure is about, each with the texts that may have a fitting value in them."""
        table = self.table
        if state == CHECK and constraint in table["checks"]:
            check = table["checks"][constraint]
            return {number: [check["text"]] for number in check["columns"] or () if number in self.columns}
        if state == CHECK and table["parts"] and not constraint:
            # Of its parts too, which may be parted by other columns.
            keys = table["parts"]
            return {number: [keys] for number, one in self.columns.items() if one["called"] in keys}
        if state in (UNIQUE, EXCLUSION):
            keys = [key["columns"] for key in table["keys"] if key["name"] == constraint]
            return {number: [] for key in keys for number in key if number in self.columns}
        if state == NOT_NULL:
            return {number: [] for number, one in self.columns.items() if one["name"] == column}
        # A domain, or a value that its type does not take.
        return {
            number: self.texts_of(one["type"])
            for number, one in self.columns.items()
            if self.is_odd(one["type"], constraint)
        }

    def texts_of(self, type):
        found = self.types.get(type, {})
        below = [found[key] for key in ("base", "element", "of") if found.get(key)]
        return list((found.get("checks") or {}).values()) + [text for one in below for text in self.texts_of(one)]

    def is_odd(self, type, constraint):
        found = self.types.get(type, {})
        if constraint:
            below = [found[key] for key in ("base", "element", "of") if found.get(key)]
            return constraint in (found.get("checks") or {}) or any(self.is_odd(one, constraint) for one in below)
        return found.get("own", False)

    def others(self, number, texts):
        column = self.columns[number]
        tied = number in getattr(self, "tied", ())
        found = [self.values[number]]
        if tied:
            for reference in self.table["references"]:
                if number in reference["columns"]:
                    for place in range(len(KINDS)):
                        other = Row.__new__(Row)
                        other.__dict__.update(self.__dict__, values=dict(self.values), tied=set(), fresh={number})
                        other.refer(reference, place)
                        found.append(other.values[number])
        else:
            words = list(dict.fromkeys(word for text in texts for word in words_in(text)))
            plain = [literal_of(self.types, column["type"], column["mod"], kind, self.number) for kind in KINDS[:1] + KINDS[2:]]
            more = [literal_of(self.types, column["type"], column["mod"], "plain", self.number + at) for at in (1, 2, 1000)]
            shapes = SHAPES if texts or self.types.get(column["type"], {}).get("own") else []
            found += [literal(each) for each in words + plain + more + shapes if each is not None]
        if not column["needed"]:
            found.append("NULL")
        return list(dict.fromkeys(found))


def by_distance(choices):
    """All combinations, those first that take the first ones of each: few others at a time."""
    if not choices:
        return
    furthest = sum(len(one) - 1 for one in choices)
    for distance in range(furthest + 1):
        yield from of_distance(choices, distance)


def of_distance(choices, distance):
    first, *rest = choices
    for at in range(min(distance, len(first) - 1) + 1):
        if not rest:
            if at == distance:
                yield (first[at],)
        else:
            for others in of_distance(rest, distance - at):
                yield (first[at], *others)


def literal(text):
    return "E'%s'" % text.replace("\\", "\\\\").replace("'", "\\'")


# Texts that checks often ask for.
SHAPES = ["a", "A", "1", "a@b.example", "https://a.example/", "2024-01-31", "00000000-0000-4000-8000-000000000001", "", "{}", "[]"]


def words_in(definition):
    """What may fit a check: the constants in it, their neighbours, texts of that length, and what its patterns match."""
    found = []
    for text in re.findall(r"'((?:[^']|'')*)'", definition):
        text = text.replace("''", "'")
        found.append(text)
        made = matching(text)
        if made is not None:
            found.append(made)
        found.append(text.replace("%", "a").replace("_", "a"))
    for number in re.findall(r"-?\d+(?:\.\d+)?", re.sub(r"'(?:[^']|'')*'", "", definition)):
        if "." in number:
            found += [number, str(float(number) + 1), str(float(number) - 1)]
            continue
        value = int(number)
        found += [str(value), str(value + 1), str(value - 1)]
        if 0 < value <= 1000:
            found += ["a" * value, "A" * value, "1" * value]
    return found


def matching(pattern):
    """A short text that a regular expression matches; None if Python cannot read it."""
    try:
        return "".join(one for part in patterns.parse(pattern) for one in shortest(part))
    except Exception:
        return None


def shortest(part):
    name, value = str(part[0]), part[1]
    if name == "LITERAL":
        yield chr(value)
    elif name in ("ANY", "NOT_LITERAL"):
        yield "a"
    elif name == "IN":
        kind, first = str(value[0][0]), value[0][1]
        if kind == "RANGE":
            yield chr(first[0])
        elif kind == "CATEGORY":
            yield {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(first), "a")
        elif kind == "NEGATE":
            yield "a"
        else:
            yield chr(first)
    elif name in ("MAX_REPEAT", "MIN_REPEAT"):
        least, _, body = value
        for _ in range(max(least, 0)):
            for one in body:
                yield from shortest(one)
    elif name == "SUBPATTERN":
        for one in value[-1]:
            yield from shortest(one)
    elif name == "BRANCH":
        for one in value[1][0]:
            yield from shortest(one)


def day(number):
    import datetime

    return (datetime.date(2024, 1, 1) + datetime.timedelta(days=number)).isoformat()


def counted_text(number, length):
    """A text that no other number has, in at most so many characters."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    short = ""
    while True:
        number, last = divmod(number, 36)
        short = digits[last] + short
        if not number:
            break
    return short[-length:]


def text_of(mod, kind, number):
    length = mod - 4 if mod > 4 else None
    if kind == "low":
        return ""
    if kind == "high":
        own = counted_text(number, length or 300)
        size = min(length, 10000) if length else 300
        return "x" * (size - len(own)) + own
    return counted_text(number, length) if length and length < 8 else "text %d" % number


def number_of(mod, kind, number):
    if mod < 4:
        return {"high": "123456789012.5", "low": "-1.5"}.get(kind, str(number)) if kind in ("high", "low") else str(number)
    digits, scale = (mod - 4) >> 16 & 0xFFFF, (mod - 4) & 0x7FF
    scale = scale - 2048 if scale >= 1024 else scale
    if kind == "high":
        return "9" * max(digits - max(scale, 0), 0) + ("." + "9" * scale if scale > 0 else "") or "0"
    whole = max(digits - max(scale, 0), 0)
    return str(number % 10**whole if whole else 0) if kind != "low" else ("-1" if whole else "0")


# By type: (plain, high, low), each of a number that no other row has. High is what the next smaller type has no room for.
NUMBERED = {
    "int2": (lambda n: str(n % 30000), lambda n: str(30000 + n % 2000), lambda n: str(-1 - n % 30000)),
    "int4": (str, lambda n: str(10**9 + n), lambda n: str(-1 - n)),
    "int8": (str, lambda n: str(3000000000 + n), lambda n: str(-1 - n)),
    "oid": (str, lambda n: str(3000000000 + n), str),
    "float4": (lambda n: "%d.5" % n, lambda n: "100000.25", lambda n: "-1.5"),
    "float8": (lambda n: "%d.5" % n, lambda n: "1e+40", lambda n: "-1.5"),
    "money": (str, lambda n: str(100000 + n), lambda n: str(-1 - n)),
    "bool": (lambda n: "true", lambda n: "true", lambda n: "false"),
    "date": (day, lambda n: day(30000 + n), lambda n: day(-20000 - n)),
    "timestamp": (lambda n: day(n) + " 12:30:15.123456", lambda n: day(30000 + n), lambda n: day(-20000 - n)),
    "timestamptz": (lambda n: day(n) + " 12:30:15.123456+02", lambda n: day(30000 + n) + "+00", lambda n: day(-20000 - n) + "+00"),
    "time": (lambda n: "%02d:%02d:15.123456" % (n // 60 % 24, n % 60), lambda n: "23:59:59.999999", lambda n: "00:00:00"),
    "timetz": (lambda n: "%02d:%02d:15+02" % (n // 60 % 24, n % 60), lambda n: "23:59:59+00", lambda n: "00:00:00+00"),
    "interval": (lambda n: "%d days" % n, lambda n: "%d years" % (100 + n), lambda n: "%d days" % (-1 - n)),
    "uuid": (lambda n: "00000000-0000-4000-8000-%012x" % n,) * 3,
    "json": (lambda n: '{"a": %d}' % n, lambda n: '{"a": %d, "a": {"b": [1, null]}}' % n, lambda n: "{}"),
    "jsonb": (lambda n: '{"a": %d}' % n, lambda n: '{"a": %d, "b": {"c": [1, null]}}' % n, lambda n: "{}"),
    "xml": (lambda n: "<a>%d</a>" % n,) * 3,
    "bytea": (lambda n: "\\x%08x" % n, lambda n: "\\x" + "00" * 300 + "%08x" % n, lambda n: "\\x"),
    "inet": (lambda n: "10.%d.%d.1/24" % (n // 250 % 250, n % 250), lambda n: "2001:db8::%x" % n, lambda n: "10.0.0.%d" % (n % 250)),
    "cidr": (lambda n: "10.%d.%d.0/24" % (n // 250 % 250, n % 250), lambda n: "2001:db8::%x" % n, lambda n: "10.0.0.0/8"),
    "macaddr": (lambda n: "08:00:2b:%02x:%02x:%02x" % (n >> 16 & 255, n >> 8 & 255, n & 255),) * 3,
    "macaddr8": (lambda n: "08:00:2b:00:00:%02x:%02x:%02x" % (n >> 16 & 255, n >> 8 & 255, n & 255),) * 3,
    "point": (lambda n: "(%d,%d)" % (n, n),) * 3,
    "line": (lambda n: "{1,-1,%d}" % n,) * 3,
    "lseg": (lambda n: "[(%d,0),(%d,1)]" % (n, n),) * 3,
    "box": (lambda n: "(%d,%d),(%d.5,%d.5)" % (n, n, n, n),) * 3,
    "path": (lambda n: "[(%d,0),(1,1)]" % n,) * 3,
    "polygon": (lambda n: "((%d,0),(%d,1),(%d.5,0))" % (n, n, n),) * 3,
    "circle": (lambda n: "<(%d,%d),0.2>" % (n, n),) * 3,
    "tsvector": (lambda n: "'word%d'" % n,) * 3,
    "tsquery": (lambda n: "'word%d'" % n,) * 3,
    "pg_lsn": (lambda n: "0/%X" % n,) * 3,
    "xid": (str,) * 3,
    "xid8": (str,) * 3,
    "tid": (lambda n: "(0,%d)" % n,) * 3,
    "txid_snapshot": (lambda n: "%d:%d:" % (n, n),) * 3,
    "pg_snapshot": (lambda n: "%d:%d:" % (n, n),) * 3,
    "regclass": (lambda n: "pg_catalog.pg_class",) * 3,
    "regtype": (lambda n: "pg_catalog.int4",) * 3,
    "regproc": (lambda n: "pg_catalog.now",) * 3,
    "regprocedure": (lambda n: "pg_catalog.now()",) * 3,
    "regnamespace": (lambda n: "pg_catalog",) * 3,
    "hstore": (lambda n: '"a"=>"%d"' % n, lambda n: '"a"=>NULL', lambda n: ""),
    "ltree": (lambda n: "a.b%d" % n,) * 3,
    "cube": (lambda n: "(%d)" % n,) * 3,
    "jsonpath": (lambda n: "$.a%d" % n,) * 3,
}
TEXTS = ("text", "varchar", "bpchar", "name", "citext")


def literal_of(types, type, mod, kind, number):
    """A value of a type as text; None: NULL, because there is no other."""
    found = types.get(type)
    if found is None:
        return None
    name, at = found["name"], {"high": 1, "low": 2}.get(kind, 0)
    if found["kind"] == "d":
        return literal_of(types, found["base"], found["mod"] if found["mod"] >= 0 else mod, kind, number)
    if found["kind"] == "e":
        labels = found["labels"] or [None]
        return labels[{"high": len(labels) - 1, "low": 0}.get(kind, number % len(labels))]
    if found["kind"] == "c":
        return "(%s)" % ("," * ((found["fields"] or 1) - 1))
    if found["kind"] in ("r", "m"):
        bounds = [literal_of(types, found["of"], -1, "plain", 10 * number + each) for each in (0, 5)]
        range = "empty" if kind == "low" else '["%s","%s")' % tuple(bounds)
        return range if found["kind"] == "r" else "{}" if kind == "low" else "{%s}" % range
    if found["element"]:
        one = None if kind == "low" else literal_of(types, found["element"], mod, kind, number)
        return "{}" if one is None else '{"%s"}' % one.replace("\\", "\\\\").replace('"', '\\"')
    if name in ("numeric",):
        return number_of(mod, kind, number)
    if name in TEXTS:
        return text_of(63 + 4 if name == "name" else mod, kind, number)
    if name in ("bit", "varbit"):
        length = mod if mod > 0 else 1 if name == "bit" else 8
        return format(number % 2**length, "b").rjust(length, "0")
    if name == "vector":
        return "[%s]" % ",".join([str(number)] * max(mod, 1))
    made = NUMBERED.get(name)
    return made[at](number) if made else "text %d" % number if found["category"] == "S" else None
