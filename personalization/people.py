"""Who is at the keyboard."""

import os
import pwd

UNKNOWN = "unknown"


def logged_in_user() -> str:
    """Return the name of the user that this process runs as; no option and no environment variable can change it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without an entry in its list of users
        return f"uid-{os.getuid()}"
