#include "transfer.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <exception>
#include <limits>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "../../reactor/base/fd.h"
#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/version.h"

namespace sluice::tools::fetch {
namespace {

constexpr std::size_t kMaxReason = 512;  // bytes: a server may have a say in it
constexpr const char* kSchemes = "http,https";
constexpr std::uint64_t kFreeExpansion = 1024 * 1024;  // bytes that count for nothing

long milliseconds_of(std::chrono::milliseconds time) {
  // A long may have 32 bits, and a year of milliseconds does not fit into them.
  constexpr std::int64_t kMax = std::numeric_limits<long>::max();
  return static_cast<long>(std::min<std::int64_t>(time.count(), kMax));
}

// libcurl has one code for a redirect that it does not follow and for answers that are not HTTP.
// The scheme of the URL itself was checked before.
std::string reason_of_protocol(const std::string& words) {
  if (words.starts_with("Protocol ")) {
    return "redirect to a scheme other than http and https: " + words;
  }
  if (words.find("HTTP/0.9") != words.npos) {
    return "the answer is not HTTP/1.0 or later: it has no status line";
  }
  return "the answer is not valid HTTP: " + words;
}

// ": Too many open files" if that is why libcurl has no socket or file: it does not say so.
std::string reason_of_shortage() {
  const Fd probe(::dup(STDERR_FILENO));
  const bool short_of_them = !probe && (errno == EMFILE || errno == ENFILE);
  return short_of_them ? ": " + std::generic_category().message(errno) : std::string();
}

template <class Value>
Value info(CURL* easy, CURLINFO what) {
  Value value{};
  curl_easy_getinfo(easy, what, &value);
  return value;
}

}  // namespace

Transfer::Transfer(const FetchOptions& options, const FetchJob& job, Output* output, Shown shown,
                   RateGate& gate)
    : options_(options), job_(job), output_(output), gate_(gate), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  set_up(options);
  set_up_tls(options);
  if (shown == Shown::on_terminal) shown_.emplace();
  try {
    if (!job.file.empty() && !options.resume)
      file_ = std::make_unique<NewFile>(job.file, options.existing);
    if (!job.file.empty() && options.resume) open_part();
    if (!options.post.empty()) open_post(options.post);
    set_up_request(options);
  } catch (const std::system_error& error) {
    why_ = why(error);
  }
}

std::string Transfer::why(const std::system_error& error) {
  std::string words = error.what();
  if (error.code() == std::errc::file_exists) words += "; --force replaces it";
  return words;
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
  if (code != CURLE_OK)
    throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

void Transfer::set_up(const FetchOptions& options) {
  set(CURLOPT_URL, job_.url.wire.c_str());
  set(CURLOPT_PROTOCOLS_STR, kSchemes);
  set(CURLOPT_REDIR_PROTOCOLS_STR, kSchemes);
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, options.redirects);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_USERAGENT, "sluice-fetch/" SLUICE_VERSION_STRING);
  set(CURLOPT_NOSIGNAL, 1L);  // signals are the loop's
  // A name that is still being looked up would hold the loop when its transfer is given up.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(kConnectTimeout));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(kSilence.count()));
  set(CURLOPT_TIMEOUT_MS, milliseconds_of(options.timeout));
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_size));
  set(CURLOPT_ERRORBUFFER, words_.data());
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_head);
  set(CURLOPT_HEADERDATA, this);
}

void Transfer::set_up_tls(const FetchOptions& options) {
  if (options.insecure) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (options.cacert.empty()) return;
  set(CURLOPT_CAINFO, options.cacert.c_str());
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else the system's count too
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(self);
  // What is refused here comes again after resume().
  const bool is_full = transfer.output_ != nullptr && transfer.output_->full();
  if (is_full || !transfer.gate_.is_open()) {
    if (!is_full) transfer.gate_.wait();
    transfer.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  try {
    if (transfer.take({data, size * count})) return size * count;
  } catch (const std::exception& error) {
    transfer.why_ = error.what();
  }
  return CURL_WRITEFUNC_ERROR;
}

// libcurl bounds a head, and not what may follow a chunked body.
std::size_t Transfer::on_head(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(self);
  transfer.heads_ += size * count;
  if (transfer.heads_ > kMaxHeads) return 0;
  try {
    if (transfer.take_head({data, size * count})) return size * count;
  } catch (const std::exception& error) {
    transfer.why_ = error.what();
  }
  return 0;
}

bool Transfer::take(std::string_view data) {
  if (part_ && !part_begun_) begin_part();
  const std::uint64_t before = part_ ? part_->size() : bytes_;
  if (options_.max_size != 0 &&
      (before > options_.max_size || data.size() > options_.max_size - before)) {
    why_ = reason(CURLE_FILESIZE_EXCEEDED);
    return false;
  }
  bytes_ += data.size();
  gate_.spend(data.size());
  if (options_.compressed && bytes_ > kFreeExpansion) {
    const auto received = static_cast<std::uint64_t>(
        std::max<curl_off_t>(info<curl_off_t>(handle(), CURLINFO_SIZE_DOWNLOAD_T), 1));
    if ((bytes_ - kFreeExpansion) / kMaxExpansion > received) {
      why_ = "the compressed body grows to more than " + std::to_string(kMaxExpansion) +
             " times its size";
      return false;
    }
  }
  if (file_) {
    file_->write(data);
  } else if (part_) {
    part_->write(data);
  } else if (shown_) {
    return show(data);
  } else if (output_ != nullptr) {
    output_->write(data);
  }
  return true;
}

bool Transfer::show(std::string_view data) {
  if (data.find('\0') != data.npos) {
    why_ =
        "the body is binary, and the standard output is a terminal; allowed: --output FILE, or "
        "--output - to write it to the terminal unchanged";
    return false;
  }
  assert(output_ != nullptr);  // a terminal is one
  output_->write(shown_->add(data));
  return true;
}

void Transfer::resume() noexcept {
  if (std::exchange(paused_, false)) curl_easy_pause(handle(), CURLPAUSE_CONT);
}

double Transfer::share() const noexcept {
  const std::uint64_t length = total();
  return length > 0 ? static_cast<double>(bytes_) / static_cast<double>(length) : 0;
}

std::uint64_t Transfer::total() const noexcept {
  const auto length = info<curl_off_t>(handle(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  return length > 0 ? static_cast<std::uint64_t>(length) : 0;
}

FetchResult Transfer::finish(CURLcode code) {
  FetchResult result;
  result.url = job_.url.shown;
  const auto* effective = info<const char*>(handle(), CURLINFO_EFFECTIVE_URL);
  result.effective_url = without_password(effective != nullptr ? effective : job_.url.wire);
  result.status = info<long>(handle(), CURLINFO_RESPONSE_CODE);
  result.bytes = bytes_;
  result.seconds = static_cast<double>(info<curl_off_t>(handle(), CURLINFO_TOTAL_TIME_T)) / 1e6;
  if (shown_) output_->write(shown_->finish());
  const bool is_kept = is_complete() && why_.empty();
  keep_body(code, result);
  if ((code != CURLE_OK && !is_kept) || !why_.empty())
    result.error = escape(reason(code), kMaxReason);
  if (result.error) file_.reset();
  part_.reset();  // a retry opens it again
  return result;
}

std::string Transfer::reason(CURLcode code) const {
  if (!why_.empty()) return why_;
  if (heads_ > kMaxHeads) {
    return "the HTTP headers are larger than " + std::to_string(kMaxHeads) + " bytes";
  }
  std::string words = words_.front() != 0 ? words_.data() : curl_easy_strerror(code);
  switch (code) {
    case CURLE_HTTP_RETURNED_ERROR:
      return "HTTP status " + std::to_string(info<long>(handle(), CURLINFO_RESPONSE_CODE));
    case CURLE_FILESIZE_EXCEEDED:
      return "the body is larger than " + std::to_string(options_.max_size) + " bytes";
    case CURLE_TOO_MANY_REDIRECTS:
      return "more than " + std::to_string(options_.redirects) + " redirects";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return reason_of_protocol(words);
    case CURLE_COULDNT_CONNECT: {
      const auto error = static_cast<int>(info<long>(handle(), CURLINFO_OS_ERRNO));
      if (error != 0) return words + ": " + std::generic_category().message(error);
      return words + reason_of_shortage();
    }
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_SSL_CACERT_BADFILE:
      return words + reason_of_shortage();
    default:
      return words;
  }
}

}  // namespace sluice::tools::fetch
