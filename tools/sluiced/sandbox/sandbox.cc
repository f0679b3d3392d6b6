#include "sandbox.h"

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace sluice::tools::daemon {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SLUICE_INSTRUMENTED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SLUICE_UNCONFINED)
#define SLUICE_INSTRUMENTED 1
#endif

constexpr const char* kNoNewPrivileges = "no-new-privs";

SandboxLayer forbid_new_privileges() {
#if defined(__linux__)
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
    return {kNoNewPrivileges, true, "no program that is started gains rights"};
  }
  return {kNoNewPrivileges, false, "prctl: " + std::generic_category().message(errno)};
#else
  return {kNoNewPrivileges, false, "this system has none"};
#endif
}

}  // namespace

std::string_view why_not_confined() noexcept {
#if defined(SLUICE_INSTRUMENTED)
  return "this build is instrumented, for sanitizers, coverage or memcheck";
#else
  return {};
#endif
}

std::vector<SandboxLayer> confine(const SandboxPlan& plan, SandboxMode mode) {
  const std::string why(mode == SandboxMode::off ? "sandbox is off" : why_not_confined());
  std::vector<SandboxLayer> layers;
  if (!why.empty()) {
    for (const char* name : {kNoNewPrivileges, "limits", "landlock", "seccomp"}) {
      layers.push_back({name, false, why});
    }
    return layers;
  }
  layers.push_back(forbid_new_privileges());
  layers.push_back(apply_limits(plan.limits));
  layers.push_back(apply_landlock(plan.landlock));
  layers.push_back(restrict_system_calls(plan.system_calls));  // it forbids the calls of the others
  return layers;
}

std::string describe(const SandboxLayer& layer) { return layer.name + ": " + layer.detail; }

void check_required(const std::vector<SandboxLayer>& layers, SandboxMode mode) {
  if (mode != SandboxMode::require) return;
  std::string missing;
  for (const SandboxLayer& layer : layers) {
    if (!layer.in_force) missing += (missing.empty() ? "" : "; ") + describe(layer);
  }
  if (missing.empty()) return;
  throw std::runtime_error("sandbox \"require\": " + missing);
}

std::string summary_of(const std::vector<SandboxLayer>& layers) {
  std::string text;
  for (const SandboxLayer& layer : layers) {
    if (!layer.in_force) continue;
    text += (text.empty() ? "" : ", ") + layer.name + " (" + layer.detail + ')';
  }
  return text.empty() ? "none" : text;
}

}  // namespace sluice::tools::daemon
