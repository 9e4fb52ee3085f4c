"""Looks at this computer: does the program work here, what is slow or missing, and what is there to do.

`examination.py` lists the checks, a small file each; none of them imports torch before it is asked.
"""
