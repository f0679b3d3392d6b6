// The files that listings are written to.
//
// What it is: a file is opened before anything is scanned, so that a wrong name costs nothing, and
// written in place, so that it can be followed while it grows and holds what is known whatever
// happens. A scan that is resumed goes on behind what the file has.
// Errors: std::system_error that names the file, ENXIO for a FIFO that nobody reads yet; UsageError
// for an XML file that no scan has ended.
// Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_LISTING_FILE_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_LISTING_FILE_H

#include <string>

#include "../../../reactor/base/fd.h"

namespace sluice::tools::scan {

Fd open_listing(const std::string& file, bool append);
// Whether a regular file has something already.
bool has_bytes(const Fd& listing);

struct XmlFile {
  Fd fd;
  bool continued = false;  // its earlier hosts are there, and its end was taken away
};
XmlFile open_xml(const std::string& file, bool resumed);

// What the system kept back until now, as some file systems do. Throws like the others.
void close_listing(const std::string& file, Fd fd);

}  // namespace sluice::tools::scan

#endif
