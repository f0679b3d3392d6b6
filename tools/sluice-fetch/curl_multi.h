// libcurl on a loop: a Watch for each of its descriptors, and a Timer for its timeout.
//
// What it is: a multi handle that only curl_multi_socket_action() drives. libcurl names the
// descriptors to watch and the time of its next call, and never waits.
// Lifetime: must be destroyed before its loop, after every added handle has been removed.
// REQUIRES: add() and remove() are not called from a function that libcurl runs.
// Thread: the loop's. libcurl looks names up in threads that it starts.
// Errors: std::runtime_error with libcurl's message, from these functions and from callbacks, where
// the loop reports it. Nothing is thrown through libcurl.
// Source: libcurl-multi(3), curl_multi_socket_action(3).
#ifndef SLUICE_TOOLS_SLUICE_FETCH_CURL_MULTI_H
#define SLUICE_TOOLS_SLUICE_FETCH_CURL_MULTI_H

#include <curl/curl.h>

#include <functional>
#include <map>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/loop/watch.h"

namespace sluice::tools::fetch {

class CurlMulti {
 public:
  // Runs in a callback of the loop. `easy` is removed already and may be cleaned up, and others may
  // be added.
  using Done = std::function<void(CURL* easy, CURLcode code)>;

  CurlMulti(Loop& loop, Done done);
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;
  ~CurlMulti();

  void add(CURL* easy);
  void remove(CURL* easy) noexcept;

 private:
  static int on_socket(CURL* easy, curl_socket_t descriptor, int what, void* self,
                       void* unused) noexcept;
  static int on_time(CURLM* multi, long after, void* self) noexcept;

  void watch(curl_socket_t descriptor, int what);
  void act(curl_socket_t descriptor, int events);
  void take_finished();

  Loop& loop_;
  Done done_;
  CURLM* multi_;
  std::map<curl_socket_t, Watch> watches_;
  Timer timer_;
};

}  // namespace sluice::tools::fetch

#endif
