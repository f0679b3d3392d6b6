#include "reload.h"

#include <exception>
#include <new>
#include <utility>

#include "../common/names.h"
#include "../common/usage_error.h"
#include "config/config_faults.h"
#include "configured.h"

namespace sluice::tools::daemon {
namespace {

bool is_denial(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::system_error& failure) {
    return failure.code() == std::errc::permission_denied ||
           failure.code() == std::errc::operation_not_permitted;
  } catch (...) {
    return false;
  }
}

std::string summary_of(const ServiceSet::Replaced& replaced) {
  return std::to_string(replaced.kept) + " kept, " + std::to_string(replaced.added) + " added, " +
         std::to_string(replaced.changed) + " changed, " + std::to_string(replaced.removed) +
         " removed";
}

std::string what_stays(const std::vector<std::string>& names) {
  return join_names(names) + (names.size() == 1 ? " stays as it is" : " stay as they are") +
         " until a new start";
}

}  // namespace

std::vector<std::string> lines_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ConfigError& faults) {
    return faults.lines();
  } catch (const UsageError& faults) {
    return faults.messages();
  } catch (const std::exception& other) {
    return {other.what()};
  }
}

Reload::Reload(Loop& loop, ServiceSet& services, Options command_line, Steps steps)
    : loop_(loop),
      services_(services),
      command_line_(std::move(command_line)),
      steps_(std::move(steps)) {}

void Reload::start(Done done) noexcept {
  if (stopped_) return;
  const bool is_first = asked_.empty();
  try {
    (is_first ? asked_ : waiting_).push_back(std::move(done));
  } catch (const std::bad_alloc&) {
    return done({});  // push_back() has not taken it
  }
  if (is_first) begin();
}

void Reload::stop() noexcept {
  stopped_ = true;
  names_.reset();
}

void Reload::begin() noexcept {
  try {
    load();
  } catch (...) {
    replace({}, std::current_exception());
  }
}

void Reload::load() {
  if (steps_.load) {
    return steps_.load([this](Options next, const std::exception_ptr& error) {
      next_ = std::move(next);
      if (!stopped_) replace(std::move(next_.listen), error);
    });
  }
  next_ = configured(command_line_);
  std::vector<ListenSpec> specs = next_.listen;
  if (!has_names(specs)) return replace(std::move(specs), {});
  names_ = std::make_unique<NameLookup>(
      loop_, std::move(specs),
      [this](std::vector<ListenSpec> found, const std::exception_ptr& error) {
        replace(std::move(found), error);
      });
}

void Reload::replace(std::vector<ListenSpec> specs, const std::exception_ptr& error) noexcept {
  Result result;
  try {
    if (error) std::rethrow_exception(error);
    next_.listen = std::move(specs);
    steps_.prepare(next_);
    ServiceSet::Replaced replaced =
        services_.replace(next_.listen, next_.drain_timeout, steps_.warn);
    result.ok = true;
    result.lines = std::move(replaced.lines);
    const std::vector<std::string> stays = steps_.apply(next_);
    if (!stays.empty()) result.lines.push_back(what_stays(stays));
    result.lines.push_back(summary_of(replaced));
  } catch (...) {
    describe_failure(result);
  }
  finish(result);
}

// REQUIRES: called by a handler of the exception.
void Reload::describe_failure(Result& result) const noexcept {
  try {
    if (!result.ok) result.lines = lines_of(std::current_exception());
    const std::string why = is_denial(std::current_exception()) ? steps_.explain_denial() : "";
    if (!why.empty()) result.lines.push_back(why);
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for the text; that it failed is known
  }
}

void Reload::finish(const Result& result) noexcept {
  const std::vector<Done> asked = std::exchange(asked_, {});
  for (const Done& done : asked) done(result);
  if (waiting_.empty() || stopped_) return;
  asked_ = std::exchange(waiting_, {});
  try {
    loop_.post([this] {
      if (!stopped_) begin();
    });
  } catch (const std::bad_alloc&) {
    finish({});  // nothing waits any more, so not again
  }
}

}  // namespace sluice::tools::daemon
