"""Values that know no graph: dtypes, shapes, errors, the user's line of source, type aliases."""
