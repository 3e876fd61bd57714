"""Data only: icons, style sheet, the built-in body, the demo clip, SQL schema."""
