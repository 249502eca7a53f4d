cmake_minimum_required(VERSION 3.25)

# Puts the status page's files together into one page, as a C++ source:
#   cmake -DPAGE=index.html -DSTYLE=style.css -DSCRIPTS=a.js,b.js -DOUTPUT=page.cpp -P assemble.cmake
#
# A script is a module of one subject. All become one module here, so imports are dropped (they tell
# editors and readers what comes from where, each on one line), and so is the word `export`; names at
# the top of a file are therefore unique among all of them. Indentation, comments (after code they stand
# behind two spaces) and ends of lines that mean nothing stay out of the page.

function(read_source path variable)
  file(READ "${path}" text)
  string(REGEX REPLACE "\n[ ]+" "\n" text "\n${text}")
  string(REGEX REPLACE "\n//[^\n]*" "" text "${text}")
  string(REGEX REPLACE " [ ]+// [^\n]*" "" text "${text}")
  string(REGEX REPLACE "([,{(])\n" "\\1" text "${text}")
  string(REGEX REPLACE "\nimport [^\n]*" "" text "${text}")
  string(REGEX REPLACE "\nexport " "\n" text "${text}")
  string(REGEX REPLACE "\n\n+" "\n" text "${text}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
set(script "")
foreach(path IN LISTS SCRIPTS)
  read_source("${path}" text)
  string(APPEND script "${text}")
endforeach()
read_source("${STYLE}" style)
string(REGEX REPLACE "\n/\\*[^\n]*\\*/" "" style "${style}")
foreach(mark "{" ":" ";" ",")
  string(REPLACE "${mark} " "${mark}" style "${style}")
endforeach()
string(REPLACE " {" "{" style "${style}")
string(REGEX REPLACE "[; \n]+}" "}" style "${style}")
string(REGEX REPLACE "([{},;])\n" "\\1" style "${style}")

file(READ "${PAGE}" page)
foreach(part "@STYLE@" "@SCRIPT@")
  string(FIND "${page}" "${part}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${PAGE} has no place ${part}")
  endif()
endforeach()
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")

file(WRITE "${OUTPUT}" "#include \"metrics/status_page_text.h\"

namespace ebbgate::metrics {

const std::string_view kStatusPageText = R\"page(${page})page\";

}  // namespace ebbgate::metrics
")
