# Tests of the updating half.
