# Tests of the watching half.
