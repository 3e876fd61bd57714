"""Many videos on many machines: shots and chunks, who does them, and how they become sessions again.

A video is cut where its shots change, long shots into chunks. Each chunk is done by whichever worker is free
and becomes one file in a work folder; from these files the driver makes the sessions. A file is named after
what is in the video and how it was asked for, so work that is done is never done again, whoever did it.
"""
