"""Joined to bound_alembic.py for `upgrade heads`: goes up, down and up again with each revision.

After each of the three it takes a snapshot of the catalogs on alembic's own connection, which also sees what was not committed.
So one process of alembic walks over all revisions, and says of each whether "down" led back to what was before, and "up" once
more to what it had led to. At the end it compares the models with the schema, if env.py has some.
"""
import ast


def walk(what):
    """
    :param what: the query of a snapshot, the revision up to which it only goes up, those for which it only goes up,
        where it ends (none: at the heads), and whether tables get rows
    """
    from alembic.runtime import migration
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    plain = migration.MigrationContext.__init__

    @functools.wraps(plain)
    def init(self, *args, **options):
        plain(self, *args, **options)
        # A revision that fails leaves the ones before it, and what is walked over is one revision after the other.
        self._transaction_per_migration = True

    migration.MigrationContext.__init__ = init
    sent = []

    @event.listens_for(Engine, "before_cursor_execute")
    def executes(connection, cursor, statement, parameters, context, many):
        if course["running"] is not None:
            sent.append((statement, line_in_revision()))

    def led_to(end, steps):
        """Up to one revision, and back, or back and up again with it."""
        for step in steps:
            if step.revision.revision == end["revision"] and end["after"] == "nothing":
                return
            yield step
            if step.revision.revision == end["revision"]:
                if end["after"] != "up":
                    yield type(step)(step.revision_map, step.revision, False)
                if end["after"] == "up again":
                    yield step
                return

    def going(steps):
        """Each step with what is said of it, and a function that says what it does next."""
        for number, step in enumerate(steps, 1):
            of = {"revision": revision_of(step), "number": number, "of": len(steps)}

            def go(doing, step):
                say(walking={**of, "doing": doing})
                sent.clear()
                return step

            yield of, step, go

    def with_rows(steps, context):
        """The same way, with rows in all tables before each step; nothing is compared."""
        rows = Rows()  # noqa: F821, of rows_alembic.py
        quick = what["from"] is not None
        for of, step, go in going(steps):
            if not quick:
                rows.give(context)
            yield go("up", step)
            if quick:
                quick = of["revision"] != what["from"]
                continue
            if not ways(step.revision, parsed(step.revision.path))[0]:
                continue
            rows.give(context)
            yield go("down", type(step)(step.revision_map, step.revision, False))
            rows.give(context)
            yield go("up again", step)

    def woven(steps, context):
        if what["end"] is not None:
            yield from led_to(what["end"], steps)
            return
        heads = context.environment_context.script.get_heads() if context.environment_context else ()
        quick = what["from"] is not None
        before = None if quick else snapshot(what["query"], context)
        for of, step, go in going(steps):
            yield go("up", step)
            if quick:
                if of["revision"] == what["from"]:
                    quick, before = False, snapshot(what["query"], context)
                continue
            reading = [{"sql": one, "line": line} for one, line in map(told, sent) if READS_IN_SQL.search(one)]
            after = snapshot(what["query"], context)
            script = step.revision
            body = parsed(script.path)
            there, lines = ways(script, body)
            found = {**of, "path": script.path, "lines": lines, "downgrade": there, "reads": readings(body)}
            found["reading"] = reading
            if there and of["revision"] not in what["upOnly"]:
                down = type(step)(step.revision_map, script, False)
                yield go("down", down)
                back = snapshot(what["query"], context)
                lost = lost_between(after, back, sent, lines)
                yield go("up again", step)
                again = snapshot(what["query"], context)
                found.update(undone=differences(before, back), again=differences(after, again), lost=lost)
                after = again
            say(walked=found)
            before = after
        say(walking={"revision": None, "number": len(steps), "of": len(steps), "doing": "models"})
        say(models=compare_models(context), tip=list(heads))

    given["weave"] = with_rows if what["rows"] else woven


def snapshot(query, context):
    """
    What the catalogs have: (kind, name) -> (definition, id). The search path decides how expressions are written.
    """
    execute = context.connection.exec_driver_sql
    (path,) = execute("SELECT pg_catalog.current_setting('search_path')").fetchone()
    execute("SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)").fetchone()
    rows = execute(query).fetchall()
    execute("SELECT pg_catalog.set_config('search_path', '%s', false)" % path.replace("'", "''")).fetchone()
    return {(kind, name): (definition, id) for kind, name, definition, id in rows}


def differences(one, other):
    """What two snapshots have not in common, by kind and name."""
    found = []
    for key in sorted(one.keys() | other.keys()):
        a, b = one.get(key), other.get(key)
        if a is None or b is None or a[0] != b[0]:
            how = "missing" if b is None else "new" if a is None else "changed"
            found.append({"kind": key[0], "name": key[1], "how": how})
    return found


# What has rows, or values in them.
WITH_DATA = ("table", "column")


def lost_between(one, other, sent, lines):
    """Tables, and columns of tables that stay, which are gone; each with the line of the statement that names it."""
    left = {id for _, id in other.values()}
    gone = [(kind, name, id) for (kind, name), (_, id) in one.items() if kind in WITH_DATA and id not in left]
    tables = {id for kind, _, id in gone if kind == "table"}
    found = []
    for kind, name, id in gone:
        if kind == "column" and id.split("/")[0] in tables:
            continue
        word = name.split(".")[-1].strip('"').lower()
        at = [line for statement, line in sent if line and word in str(statement).lower()]
        found.append({"kind": kind, "name": name, "line": at[-1] if at else lines["downgrade"]})
    return found


def line_in_revision():
    frame = sys._getframe(2)
    while frame is not None:
        if "down_revision" in frame.f_globals:
            return frame.f_lineno
        frame = frame.f_back
    return None


def parsed(path):
    """The statements of a file; None if it has no source that can be read."""
    try:
        with open(path, "rb") as file:
            return ast.parse(file.read()).body
    except (OSError, SyntaxError):
        return None


def ways(script, body):
    """Whether a revision can go back: not if downgrade() only raises, or does nothing while upgrade() does; and the lines."""
    lines = {"upgrade": None, "downgrade": None}
    if not hasattr(script.module, "downgrade"):
        return False, lines
    if body is None:
        return True, lines
    functions = {one.name: doing(one) for one in body if isinstance(one, ast.FunctionDef) and one.name in lines}
    lines.update({one.name: one.lineno for one in body if isinstance(one, ast.FunctionDef) and one.name in lines})
    down = functions.get("downgrade", True)
    if down and down is not True and isinstance(down[0], ast.Raise):
        return False, lines
    return bool(down) or not functions.get("upgrade"), lines


# What gives something else elsewhere or later, by the end of its dotted name.
READS = {
    "the clock": r"(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|localtime|gmtime|strftime)",
    "chance": r"random\.\w+|secrets\.\w+|uuid\.uuid[14]|uuid[14]",
    "the environment": r"os\.getenv|getenv|environ\.\w+|os\.uname|socket\.gethostname|platform\.\w+",
    "another server": r"create_(async_)?engine|(psycopg2|psycopg|asyncpg|pg8000|pymysql|sqlite3)\.connect"
    r"|requests\.\w+|httpx\.\w+|urlopen|boto3\.\w+",
}


# Statements that are worth a closer look: https://www.postgresql.org/docs/current/functions-datetime.html
READS_IN_SQL = re.compile(r"now|timestamp|timeofday|current_|localtime|random|uuid", re.I)


def told(one):
    """A statement that was sent, of which psycopg2 may have an object, and its line; not megabytes of values."""
    statement, line = one
    return str(statement)[:100000], line


def readings(body):
    """Calls in a revision's file, and uses of os.environ, whose result is not the file's own."""
    found = set()
    for node in (each for one in body or [] for each in ast.walk(one)):
        name = dotted(node.func) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Subscript) and dotted(node.value).endswith("environ"):
            found.add((node.lineno, "the environment"))
        for what, pattern in READS.items() if name else ():
            if re.search(r"(^|\.)(%s)$" % pattern, name):
                found.add((node.lineno, what))
    return [{"what": what, "line": line} for line, what in sorted(found)]


def dotted(node):
    if isinstance(node, ast.Attribute):
        return "%s.%s" % (dotted(node.value), node.attr)
    return node.id if isinstance(node, ast.Name) else ""


def doing(function):
    """Statements that do something: no docstring, no `pass`, no `return`."""
    return [
        one
        for one in function.body
        if not isinstance(one, ast.Pass)
        and not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        and not (isinstance(one, ast.Return) and one.value is None)
    ]


def compare_models(context):
    """The operations that alembic's own comparison would write into a new revision; None without models."""
    metadata = context.opts.get("target_metadata")
    if metadata is None:
        return None
    try:
        from alembic.autogenerate import compare_metadata

        found = compare_metadata(context, metadata)
    except Exception as error:
        return {"error": "%s: %s" % (type(error).__name__, str(error).strip())}
    flat = [each for one in found for each in (one if isinstance(one, list) else [one])]
    return {"operations": sorted(described(one) for one in flat)}


def described(operation):
    """`add_column mart.item.weight`: what alembic would do, without values, which may be anything."""
    what, *words = operation
    # Behind the names are the old value and the new one.
    names = words[:3] if what.startswith("modify_") else words[:1] if what.endswith("_comment") else words
    named = []
    for word in names:
        table = getattr(word, "table", None)
        if isinstance(word, str):
            named.append(word)
        elif hasattr(word, "columns") and hasattr(word, "fullname"):
            named.append(word.fullname)
        elif getattr(word, "name", None) is not None or table is not None:
            if what not in ("add_column", "remove_column") and hasattr(table, "fullname"):
                named.append(table.fullname)
            named.append(str(getattr(word, "name", None) or "without a name"))
    return " ".join([what, ".".join(named)])
