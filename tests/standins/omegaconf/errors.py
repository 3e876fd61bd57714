class OmegaConfBaseException(Exception):  # noqa: N818 - upstream's name
    pass


class ConfigAttributeError(OmegaConfBaseException, AttributeError):
    pass
