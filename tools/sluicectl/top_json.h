// What `sluicectl top` shows, as a line of JSON: for programs that draw it themselves.
//
// Thread: any. Errors: std::bad_alloc. The members are in sluicectl(8).
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_JSON_H
#define SLUICE_TOOLS_SLUICECTL_TOP_JSON_H

#include <string>

#include "top_view.h"

namespace sluice::tools::control {

// An object and a newline.
std::string top_json(const TopView& view);

}  // namespace sluice::tools::control

#endif
