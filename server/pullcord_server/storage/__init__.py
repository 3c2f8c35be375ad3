"""SQL only: tables, migrations, rows."""
