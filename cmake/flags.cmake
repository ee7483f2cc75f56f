# Flags every target of the house shares; the presets (CMakePresets.json) choose the kind of build.
set(SUYUAN_SANITIZE "" CACHE STRING "address,undefined | thread | fuzzer-no-link,... passed to -fsanitize")

add_library(suyuan_flags INTERFACE)
target_include_directories(suyuan_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(suyuan_flags INTERFACE _GNU_SOURCE SUYUAN_VERSION="${PROJECT_VERSION}")
target_compile_options(suyuan_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Werror
  -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build)
if(SUYUAN_SANITIZE)
  target_compile_options(suyuan_flags INTERFACE -fsanitize=${SUYUAN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(suyuan_flags INTERFACE -fsanitize=${SUYUAN_SANITIZE})
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(suyuan_flags INTERFACE
    -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection)
endif()

find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/share/include/llhttp /usr/include REQUIRED)
