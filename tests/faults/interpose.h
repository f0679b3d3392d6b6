// The common parts of the functions in interpose_*.cc.
#ifndef SLUICE_TESTS_FAULTS_INTERPOSE_H
#define SLUICE_TESTS_FAULTS_INTERPOSE_H

#include <dlfcn.h>

#include <cerrno>

#include "injector.h"

#define SLUICE_FAULTS_FUNCTION extern "C" __attribute__((visibility("default")))
// The caller of the function that uses this.
#define SLUICE_CALLER __builtin_return_address(0)
// The C library's own function of that name, as `real`.
#define SLUICE_REAL(name) \
  static const auto real = reinterpret_cast<decltype(&::name)>(::dlsym(RTLD_NEXT, #name))

namespace sluice::faults {

// Makes the call, unless this call has to fail.
template <class Real>
int attempt(Call call, int descriptor, const void* caller, Real&& real) {
  const Verdict verdict = judge(call, descriptor, caller);
  if (!verdict.fails()) return real();
  errno = verdict.error;
  return -1;
}

// The same for a call that may return a short count: the argument of `real` says whether it must.
template <class Result, class Real>
Result attempt_short(Call call, int descriptor, const void* caller, bool allowed, Real&& real) {
  const Verdict verdict = judge(call, descriptor, caller, allowed);
  if (!verdict.fails()) return real(verdict.falls_short());
  errno = verdict.error;
  return -1;
}

}  // namespace sluice::faults

#endif
