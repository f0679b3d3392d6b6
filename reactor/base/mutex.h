// A std::mutex whose rules clang checks: -Wthread-safety reports a member that is used without the
// lock that guards it. Other compilers see a mutex and a lock.
//
// Thread: any.
// Source: clang's documentation, "Thread Safety Analysis".
#ifndef SLUICE_REACTOR_BASE_MUTEX_H
#define SLUICE_REACTOR_BASE_MUTEX_H

#include <mutex>

#if defined(__clang__)
#define SLUICE_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define SLUICE_THREAD_SAFETY(attribute)
#endif
// After a member: it is used only with the lock.
#define SLUICE_GUARDED_BY(mutex) SLUICE_THREAD_SAFETY(guarded_by(mutex))
// After a function: its caller has the lock.
#define SLUICE_REQUIRES(mutex) SLUICE_THREAD_SAFETY(requires_capability(mutex))

namespace sluice::detail {

class SLUICE_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  void lock() SLUICE_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() SLUICE_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds the lock as long as it exists.
class SLUICE_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SLUICE_THREAD_SAFETY(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() SLUICE_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace sluice::detail

#endif
