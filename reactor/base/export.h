// What the shared library offers to programs; everything else is hidden (-fvisibility=hidden).
//
// SLUICE_EXPORT marks a class or function that a program uses. A marked class exports all of its
// members, so SLUICE_LOCAL takes back the private ones that no inline function calls: changing them
// then does not change the library's interface. tests/outside/symbols.py names those that lack it.
#ifndef SLUICE_REACTOR_BASE_EXPORT_H
#define SLUICE_REACTOR_BASE_EXPORT_H

#if defined(__GNUC__)
#define SLUICE_EXPORT __attribute__((visibility("default")))
#define SLUICE_LOCAL __attribute__((visibility("hidden")))
#else
#define SLUICE_EXPORT
#define SLUICE_LOCAL
#endif

#endif
