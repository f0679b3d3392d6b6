#include "request.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "../../common/digits.h"

namespace sluice::tools::daemon {
namespace {

bool has_text(RequestKind kind) noexcept {
  switch (kind) {
    case RequestKind::socket:
    case RequestKind::file:
    case RequestKind::log:
    case RequestKind::own_file:
    case RequestKind::leave_file:
    case RequestKind::remove_file:
    case RequestKind::notify:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::span<const std::byte> encode(const Request& request, RequestBytes& room) noexcept {
  if (request.text.size() > kMaxText) return {};
  const auto kind = static_cast<std::uint32_t>(request.kind);
  std::memcpy(room.data(), &kind, sizeof kind);
  std::memcpy(room.data() + sizeof kind, &request.number, sizeof request.number);
  std::copy_n(reinterpret_cast<const std::byte*>(request.text.data()), request.text.size(),
              room.begin() + kRequestHead);
  return std::span(room).first(kRequestHead + request.text.size());
}

AnswerBytes encode(const Answer& answer) noexcept {
  AnswerBytes bytes{};
  std::memcpy(bytes.data(), &answer, sizeof answer);
  return bytes;
}

std::optional<Request> decode_request(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kRequestHead || bytes.size() > kRequestHead + kMaxText) return {};
  std::uint32_t kind = 0;
  Request request;
  std::memcpy(&kind, bytes.data(), sizeof kind);
  std::memcpy(&request.number, bytes.data() + sizeof kind, sizeof request.number);
  if (kind < 1 || kind > static_cast<std::uint32_t>(kLastRequest)) return {};
  request.kind = static_cast<RequestKind>(kind);
  const auto text = bytes.subspan(kRequestHead);
  request.text = {reinterpret_cast<const char*>(text.data()), text.size()};
  if (request.text.find('\0') != request.text.npos) return {};
  if (has_text(request.kind) == request.text.empty()) return {};
  return request;
}

std::optional<Answer> decode_answer(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() != sizeof(Answer)) return {};
  Answer answer;
  std::memcpy(&answer, bytes.data(), sizeof answer);
  return answer;
}

bool is_notification(std::string_view text) noexcept {
  constexpr std::string_view kStates[] = {"READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1"};
  constexpr std::string_view kStatus = "STATUS=";
  constexpr std::string_view kTime = "MONOTONIC_USEC=";
  for (;;) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const bool is_state =
        std::find(std::begin(kStates), std::end(kStates), line) != std::end(kStates);
    const bool is_time = line.starts_with(kTime) && is_digits(line.substr(kTime.size()));
    if (!is_state && !is_time && !line.starts_with(kStatus)) return false;
    if (line.size() == text.size()) return true;
    text.remove_prefix(line.size() + 1);
  }
}

}  // namespace sluice::tools::daemon
