#include "version.h"

namespace sluice {

int library_version() noexcept { return SLUICE_VERSION; }

}  // namespace sluice
