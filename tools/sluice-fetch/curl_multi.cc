#include "curl_multi.h"

#include <chrono>
#include <new>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace sluice::tools::fetch {
namespace {

// Runs a function that libcurl calls. An exception must not pass through libcurl. -1 makes it end
// the transfers and fail the call that led here, which is reported.
template <class Work>
int contained(Work&& work) noexcept {
  try {
    work();
    return 0;
  } catch (...) {
    return -1;
  }
}

void check(CURLMcode code) {
  if (code != CURLM_OK)
    throw std::runtime_error(std::string("libcurl: ") + curl_multi_strerror(code));
}

int events_of(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return kReadable;
    case CURL_POLL_OUT:
      return kWritable;
    case CURL_POLL_INOUT:
      return kReadable | kWritable;
    default:
      return 0;
  }
}

}  // namespace

CurlMulti::CurlMulti(Loop& loop, Done done)
    : loop_(loop),
      done_(std::move(done)),
      multi_(curl_multi_init()),
      timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_time);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlMulti::~CurlMulti() {
  // This closes the connections that were kept for reuse, and calls on_socket() for each.
  curl_multi_cleanup(multi_);
}

void CurlMulti::add(CURL* easy) {
  // Starts nothing yet: libcurl sets the timer to be called as soon as may be.
  check(curl_multi_add_handle(multi_, easy));
}

void CurlMulti::remove(CURL* easy) noexcept { curl_multi_remove_handle(multi_, easy); }

int CurlMulti::on_socket(CURL* /*easy*/, curl_socket_t descriptor, int what, void* self,
                         void* /*unused*/) noexcept {
  auto* const multi = static_cast<CurlMulti*>(self);
  return contained([=] { multi->watch(descriptor, what); });
}

// libcurl reports a removal before it closes the descriptor. The erased watch may be the one whose
// function is running.
void CurlMulti::watch(curl_socket_t descriptor, int what) {
  if (what == CURL_POLL_REMOVE) {
    watches_.erase(descriptor);
    return;
  }
  auto found = watches_.find(descriptor);
  if (found == watches_.end()) {
    found = watches_
                .emplace(std::piecewise_construct, std::forward_as_tuple(descriptor),
                         std::forward_as_tuple(
                             loop_, descriptor,
                             [this, descriptor](int events) { act(descriptor, events); }))
                .first;
  }
  found->second.watch(events_of(what));
}

int CurlMulti::on_time(CURLM* /*multi*/, long after, void* self) noexcept {
  auto* const multi = static_cast<CurlMulti*>(self);
  if (after < 0) {
    multi->timer_.stop();
    return 0;
  }
  // Also for 0 not at once: libcurl may not be called from here.
  return contained([=] { multi->timer_.start(std::chrono::milliseconds(after)); });
}

void CurlMulti::act(curl_socket_t descriptor, int events) {
  int ready = 0;
  if ((events & kReadable) != 0) ready |= CURL_CSELECT_IN;
  if ((events & kWritable) != 0) ready |= CURL_CSELECT_OUT;
  int running = 0;
  check(curl_multi_socket_action(multi_, descriptor, ready, &running));
  take_finished();
}

void CurlMulti::take_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // The message is libcurl's, and gone with the handle.
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    remove(easy);
    done_(easy, code);
  }
}

}  // namespace sluice::tools::fetch
