"""The packet lab: namespaces, captures and real tools, for testdata/."""
