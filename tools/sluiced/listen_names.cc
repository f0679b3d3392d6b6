#include "listen_names.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/usage_error.h"
#include "config/listen_reader.h"

namespace sluice::tools::daemon {
namespace {

void add_at_each(std::vector<ListenSpec>& specs, const ListenSpec& named, std::error_code error,
                 const std::vector<Address>& addresses) {
  const Target& target = named.target;
  if (error) {
    throw std::runtime_error(target.text + ": name " + quote(target.host.name) + ": " +
                             error.message());
  }
  for (const Endpoint& endpoint : target.host.at(addresses)) {
    ListenSpec spec = named;
    spec.target.endpoint = endpoint;
    SettingErrors errors;
    validate_spec(spec, errors);
    if (!errors.empty()) throw UsageError(target.text + ": " + errors.front().message);
    specs.push_back(std::move(spec));
  }
}

}  // namespace

bool has_names(const std::vector<ListenSpec>& specs) noexcept {
  return std::any_of(specs.begin(), specs.end(),
                     [](const ListenSpec& spec) { return spec.is_named(); });
}

NameLookup::NameLookup(Loop& loop, std::vector<ListenSpec> specs, Done done,
                       const ResolverOptions& options)
    : specs_(std::move(specs)),
      answers_(specs_.size()),
      left_(static_cast<std::size_t>(std::count_if(
          specs_.begin(), specs_.end(), [](const ListenSpec& spec) { return spec.is_named(); }))),
      done_(std::move(done)),
      finished_(loop, [this] { finish(); }),
      resolver_(loop, options) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (!specs_[i].is_named()) continue;
    const NamedHost& host = specs_[i].target.host;
    resolver_.addresses(host.name, host.port, AF_UNSPEC,
                        [this, i](std::error_code error, std::vector<Address> found) {
                          answers_[i] = {error, std::move(found)};
                          if (--left_ == 0) finished_.start(std::chrono::milliseconds(0));
                        });
  }
  if (left_ == 0) finished_.start(std::chrono::milliseconds(0));
}

void NameLookup::finish() {
  std::vector<ListenSpec> specs;
  std::exception_ptr error;
  try {
    specs = found();
  } catch (...) {
    error = std::current_exception();
  }
  const Done done = std::move(done_);
  done(std::move(specs), error);
}

std::vector<ListenSpec> NameLookup::found() const {
  std::vector<ListenSpec> found;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].is_named()) {
      add_at_each(found, specs_[i], answers_[i].error, answers_[i].addresses);
    } else {
      found.push_back(specs_[i]);
    }
  }
  return found;
}

std::vector<ListenSpec> look_up_names(std::vector<ListenSpec> specs,
                                      const ResolverOptions& options) {
  if (!has_names(specs)) return specs;
  Loop loop;
  std::vector<ListenSpec> found;
  std::exception_ptr failed;
  bool is_done = false;
  const NameLookup lookup(
      loop, std::move(specs),
      [&](std::vector<ListenSpec> all, std::exception_ptr error) {
        found = std::move(all);
        failed = std::move(error);
        is_done = true;
      },
      options);
  while (!is_done) loop.run_once();
  if (failed) std::rethrow_exception(failed);
  return found;
}

}  // namespace sluice::tools::daemon
