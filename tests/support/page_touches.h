// Memory that counts how often its pages are looked at: the cost of a scan without a clock.
//
// What it is: pages that are made inaccessible on demand; the first touch of each after that is
// counted by a SIGSEGV handler, which makes it accessible again. One at a time in a process.
#ifndef SLUICE_TESTS_SUPPORT_PAGE_TOUCHES_H
#define SLUICE_TESTS_SUPPORT_PAGE_TOUCHES_H

#include <cstddef>
#include <span>
#include <string_view>

namespace sluice::test {

class PageTouches {
 public:
  explicit PageTouches(std::string_view contents);
  PageTouches(const PageTouches&) = delete;
  PageTouches& operator=(const PageTouches&) = delete;
  ~PageTouches();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {memory_, size_}; }
  [[nodiscard]] std::size_t pages() const;
  // From here on each page counts once more when it is touched.
  void arm();
  [[nodiscard]] std::size_t count() const;

 private:
  std::byte* memory_;
  std::size_t size_;
  std::size_t mapped_;
};

}  // namespace sluice::test

#endif
