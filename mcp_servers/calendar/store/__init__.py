"""The calendar in SQL: items as the truth, their index, collections, and the journal that undoes."""
