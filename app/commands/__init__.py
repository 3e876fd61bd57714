"""The commands of `retake`, one module each: HELP, EPILOG, add_arguments(parser), run(arguments) -> exit code."""
