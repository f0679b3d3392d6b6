// Looks up all words at once, and prints what is found.
//
// What it is: a loop, a resolver and the standard output. Text is printed in the order of the
// words, each answer as soon as the ones before it have arrived; JSON is printed as answers arrive.
// Lifetime: lives for one run(). Thread: the loop's.
// Errors: the constructor throws std::system_error and std::invalid_argument, as Loop and Resolver
// do.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_LOOKUP_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_LOOKUP_H

#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/names/resolver.h"
#include "../../reactor/names/service_names.h"
#include "../common/output.h"
#include "../common/program.h"
#include "answer.h"
#include "options.h"
#include "own_host.h"

namespace sluice::tools::lookup {

class Lookup {
 public:
  // REQUIRES: both outlive it.
  Lookup(const LookupOptions& options, const ServiceNames& services);

  // Succeeds if everything was found and written. The standard error names what was not.
  Outcome run();

 private:
  void ask(std::size_t index);
  void ask_own_host();
  void answered(std::size_t index, Answer answer);
  void print(std::size_t index);
  void own_host_found(const OwnHost& host);
  void finish();

  const LookupOptions& options_;
  const ServiceNames& services_;
  Outcome outcome_;  // before the loop, which may report when it is destroyed
  Loop loop_;
  Output output_;
  Resolver resolver_;
  std::vector<std::optional<Answer>> answers_;
  std::size_t printed_ = 0;
  std::size_t missing_;  // answers that have not come
};

}  // namespace sluice::tools::lookup

#endif
