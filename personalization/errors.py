"""The failures Postlude knows, each with the exit code that the command line gives for it.

An error is named for the fact and says where it is and what to do. None carries a customer's data.
"""

EXIT_DONE = 0
EXIT_UNFORESEEN = 1
EXIT_WRONG_USE = 2
EXIT_ALL_HELD = 3
EXIT_BAD_INPUT = 4
EXIT_DESTINATION_FAILED = 5


class PostludeError(Exception):
    """A failure whose message a user can act upon."""

    exit_code = EXIT_WRONG_USE
    is_transient = False


class ConfigurationInvalid(PostludeError):
    """A configuration file, segment or template is wrong: the message names file, key and fix."""


class WrongUse(PostludeError):
    """A command was called in a way that cannot work, such as approving a run that does not exist."""


class ReviewStale(WrongUse):
    """A decision names a build that has been replaced since the reviewer looked at it."""


class BadInput(PostludeError):
    """A data folder cannot be used: a file is unreadable, a column is missing, or too many rows are bad."""

    exit_code = EXIT_BAD_INPUT


class DestinationRejected(PostludeError):
    """A destination refused for good; trying again would not help."""

    exit_code = EXIT_DESTINATION_FAILED


class DestinationUnavailable(PostludeError):
    """A destination could not be reached; a later attempt may succeed."""

    exit_code = EXIT_DESTINATION_FAILED
    is_transient = True


class StateUnavailable(PostludeError):
    """The state database could not be reached or locked in time; a later attempt may succeed."""

    exit_code = EXIT_DESTINATION_FAILED
    is_transient = True
