"""What the image is built from, read from the files alone: needs no Docker daemon."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ["EBBGATE_SOURCE"])


class BuildContextTest(unittest.TestCase):
    def test_every_folder_that_the_build_adds_is_sent_to_the_image(self):
        build, _, _ = (SOURCE / "CMakeLists.txt").read_text().partition("if(EBBGATE_TESTS)")
        added = re.findall(r"add_subdirectory\((\w+)\)", build)
        sent = (SOURCE / ".dockerignore").read_text().split()
        self.assertIn("controller", added)
        self.assertEqual([folder for folder in added if f"!{folder}/" not in sent], [])


if __name__ == "__main__":
    unittest.main()
