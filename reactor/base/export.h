// Marks what the shared library offers; everything else is hidden (-fvisibility=hidden).
#ifndef SLUICE_REACTOR_BASE_EXPORT_H
#define SLUICE_REACTOR_BASE_EXPORT_H

#if defined(__GNUC__)
#define SLUICE_EXPORT __attribute__((visibility("default")))
#else
#define SLUICE_EXPORT
#endif

#endif
