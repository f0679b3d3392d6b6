// libcurl on a loop: its descriptors are Watches, its one time-out a Timer.
//
// What it is: a multi handle that is driven by curl_multi_socket_action() alone. libcurl says which
// descriptors it wants to hear of and when it wants to be called, and never waits.
// Lifetime: must go before its loop, after every handle that was added has been removed.
// REQUIRES: add() and remove() are not called from a function that libcurl runs.
// Thread: the loop's. Names are looked up in threads of libcurl's own.
// Errors: std::runtime_error with libcurl's words, from here and from the callbacks that the loop
// guards. Nothing is thrown through libcurl.
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
