"""The calendar tool server: events, free time, and Korean time as people write it."""
