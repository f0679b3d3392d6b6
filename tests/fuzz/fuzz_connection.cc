// A connection without a transport, driven as connection_schedule.h describes.
#include "connection_schedule.h"

using namespace sluice;
using namespace sluice::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Model model(choices);
  const ConnectionOptions options = options_from(choices);
  Schedule<PlainEnd>(choices, model, options, loop_options(size)).run();
  return 0;
}
