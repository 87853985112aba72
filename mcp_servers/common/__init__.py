"""What the four servers share: settings, clock, SQL, once-only operations, refusals, pages, and the way to run."""
