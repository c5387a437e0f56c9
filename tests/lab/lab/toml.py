"""Writes the few TOML shapes of a truth file: scalars, lists, arrays of tables."""

import json


def document(values):
    """Scalars and lists first, then every list of dicts as `[[name]]` tables."""
    lines = []
    tables = []
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            tables += [(key, row) for row in value]
        elif value is not None:
            lines.append(f"{key} = {scalar(value)}")
    for key, row in tables:
        lines += ["", f"[[{key}]]"]
        lines += [f"{name} = {scalar(value)}" for name, value in row.items() if value is not None]
    return "\n".join(lines) + "\n"


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(scalar(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)
