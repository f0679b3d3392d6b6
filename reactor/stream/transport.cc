#include "transport.h"

namespace sluice {

Transport::~Transport() = default;

}  // namespace sluice
