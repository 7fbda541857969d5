"""From a system's export to canonical tables: read, check, land, join, assemble. What words mean stands in systems/."""
