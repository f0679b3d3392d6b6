// The request of a transfer, and the head of the answer: --header, --head, --post, --continue,
// --retries.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <string>

#include "../../reactor/base/text/quote.h"
#include "transfer.h"

namespace sluice::tools::fetch {
namespace {

constexpr long kPartialContent = 206;
constexpr long kRangeNotSatisfiable = 416;

long status_of(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b | 0x20 : b); });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::size_t last = text.find_last_not_of(kBlank);
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

// Those that RFC 9110 and RFC 6585 call temporary.
bool is_temporary(long status) {
  constexpr std::array<long, 6> kTemporary = {408, 429, 500, 502, 503, 504};
  return std::find(kTemporary.begin(), kTemporary.end(), status) != kTemporary.end();
}

// The server has not seen the request.
bool is_before_request(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
         code == CURLE_COULDNT_RESOLVE_PROXY;
}

bool is_broken_off(CURLcode code) {
  constexpr std::array kCodes = {CURLE_OPERATION_TIMEDOUT, CURLE_SEND_ERROR,       CURLE_RECV_ERROR,
                                 CURLE_GOT_NOTHING,        CURLE_PARTIAL_FILE,     CURLE_HTTP2,
                                 CURLE_HTTP2_STREAM,       CURLE_SSL_CONNECT_ERROR};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

}  // namespace

void Transfer::set_up_request(const FetchOptions& options) {
  std::vector<std::string> lines = options.headers;
  const bool names_type = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return begins_with(line, "content-type:");
  });
  if (post_ && !names_type) lines.emplace_back("Content-Type: application/octet-stream");
  if (part_ && part_->size() > 0) lines.push_back("If-Range: " + part_->validator());
  for (const std::string& line : lines) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)headers_.release();
    headers_.reset(longer);
  }
  curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, headers_.get());
  if (options.head) curl_easy_setopt(handle(), CURLOPT_NOBODY, 1L);
  if (options.compressed) curl_easy_setopt(handle(), CURLOPT_ACCEPT_ENCODING, "");
}

void Transfer::open_post(const std::string& file) {
  post_ = Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  const auto fail = [&file](int error, const char* why = "") {
    throw std::system_error(error, std::generic_category(), "file " + quote(file) + why);
  };
  if (!post_ || ::fstat(post_.get(), &status) != 0) fail(errno);
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  if (!S_ISREG(status.st_mode)) fail(EINVAL, " is not a regular file");
  curl_easy_setopt(handle(), CURLOPT_POST, 1L);
  curl_easy_setopt(handle(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(status.st_size));
  curl_easy_setopt(handle(), CURLOPT_READFUNCTION, &Transfer::on_post);
  curl_easy_setopt(handle(), CURLOPT_READDATA, this);
  curl_easy_setopt(handle(), CURLOPT_SEEKFUNCTION, &Transfer::on_rewind);
  curl_easy_setopt(handle(), CURLOPT_SEEKDATA, this);
}

std::size_t Transfer::on_post(char* into, std::size_t size, std::size_t count,
                              void* self) noexcept {
  const Transfer& transfer = *static_cast<Transfer*>(self);
  while (true) {
    const ssize_t got = ::read(transfer.post_.get(), into, size * count);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return CURL_READFUNC_ABORT;
  }
}

int Transfer::on_rewind(void* self, curl_off_t offset, int origin) noexcept {
  const Transfer& transfer = *static_cast<Transfer*>(self);
  const bool is_done = ::lseek(transfer.post_.get(), offset, origin) >= 0;
  return is_done ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

void Transfer::open_part() {
  part_.emplace(job_.file, options_.existing);
  if (part_->size() == 0) return;
  const std::string range = std::to_string(part_->size()) + '-';
  curl_easy_setopt(handle(), CURLOPT_RANGE, range.c_str());
}

std::string Transfer::header(const char* name) const {
  curl_header* found = nullptr;
  if (curl_easy_header(handle(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

// The head of the answer is complete: does the body continue the part, or replace it?
void Transfer::begin_part() {
  part_begun_ = true;
  if (status_of(handle()) == kPartialContent) {
    const std::string range = header("Content-Range");
    if (part_->size() > 0 && range.starts_with("bytes " + std::to_string(part_->size()) + '-')) {
      return;
    }
    throw std::runtime_error("the server sent another part than the one that was asked for: " +
                             quote(range));
  }
  // A weak ETag does not promise the same bytes. RFC 9110, 13.1.5.
  std::string validator = header("ETag");
  if (validator.empty() || begins_with(validator, "w/")) validator = header("Last-Modified");
  part_->restart(validator);
}

// "416 Range Not Satisfiable", because the part is the whole: an earlier run was ended between the
// last byte and the renaming.
bool Transfer::is_complete() const {
  return part_ && part_->size() > 0 && status_of(handle()) == kRangeNotSatisfiable &&
         header("Content-Range") == "bytes */" + std::to_string(part_->size());
}

// Returns false if the answer must not be followed.
bool Transfer::take_head(std::string_view line) {
  if (options_.head) {
    if (begins_with(line, "http/")) head_.clear();
    head_ += line;
  }
  if (options_.allow_downgrade || !begins_with(line, "location:")) return true;
  const long status = status_of(handle());
  const char* from = nullptr;
  curl_easy_getinfo(handle(), CURLINFO_EFFECTIVE_URL, &from);
  const std::string_view to = trimmed(line.substr(line.find(':') + 1));
  if (status < 300 || status > 399 || from == nullptr || !begins_with(from, "https:") ||
      !begins_with(to, "http:")) {
    return true;
  }
  why_ = "redirect from https to http, to " + quote(without_password(std::string(to))) +
         "; --allow-downgrade follows it";
  return false;
}

void Transfer::keep_body(CURLcode code, FetchResult& result) {
  if (!why_.empty() || (code != CURLE_OK && !is_complete())) return;
  try {
    if (part_) {
      if (code == CURLE_OK && !part_begun_) begin_part();  // an empty body
      part_->keep();
      result.file = part_->name();
    } else if (options_.head && output_ != nullptr) {
      output_->write(shown_ ? harmless(head_) : head_);
    }
  } catch (const std::system_error& error) {
    why_ = why(error);
  } catch (const std::runtime_error& error) {
    why_ = error.what();
  }
}

std::optional<std::chrono::milliseconds> Transfer::retry_after(
    CURLcode code, std::chrono::milliseconds backoff) const {
  const bool is_ours = !why_.empty();  // a file, or what a peer must not do
  const bool is_printed = bytes_ > 0 && output_ != nullptr;
  if (is_ours || is_printed) return {};
  if (is_before_request(code)) return backoff;
  if (post_) return {};
  if (code == CURLE_HTTP_RETURNED_ERROR && is_temporary(status_of(handle()))) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &seconds);
    const std::chrono::seconds wanted(std::min<curl_off_t>(seconds, kMaxRetryAfter.count()));
    return std::max<std::chrono::milliseconds>(backoff, wanted);
  }
  if (is_broken_off(code)) return backoff;
  return {};
}

}  // namespace sluice::tools::fetch
