"""The letters that a request may need, and the forms in which they are written."""

from enum import Enum


class Kind(Enum):
    """The letters."""

    ACKNOWLEDGEMENT = "acknowledgement"
    IDENTITY = "identity"
    EXTENSION = "extension"
    REFUSAL = "refusal"
    ACCESS = "access"
    ERASURE = "erasure"
    RETAINED = "retained"  # what had to be kept was erased since
    RELEASED = "released"  # what a hold kept can be erased now
    NOTICE = "notice"  # to a recipient (GDPR Art. 19)
    NOTHING = "nothing"  # nothing is held
    COMPLAINT = "complaint"
    RESTRICTION = "restriction"
    LIFTING = "lifting"  # before a restriction ends (GDPR Art. 18(3))
    RECTIFICATION = "rectification"
    OBJECTION = "objection"


class Form(Enum):
    """The form of a letter."""

    TXT = "txt"
    MD = "md"
    HTML = "html"
