// The version as numbers for #if, as text, and as the linked library reports it.
#include <string>

#include <criterion/criterion.h>

#include <sluice/version.h>

#if SLUICE_VERSION < 200 || SLUICE_VERSION_MAJOR < 0
#error "SLUICE_VERSION is no number that the preprocessor can compare"
#endif

Test(version, the_number_orders_versions_by_their_three_parts) {
  static_assert(SLUICE_VERSION / 10000 == SLUICE_VERSION_MAJOR);
  static_assert(SLUICE_VERSION / 100 % 100 == SLUICE_VERSION_MINOR);
  static_assert(SLUICE_VERSION % 100 == SLUICE_VERSION_PATCH);
  static_assert(SLUICE_VERSION_MINOR < 100 && SLUICE_VERSION_PATCH < 100);
}

Test(version, the_text_has_the_same_three_parts) {
  const std::string parts = std::to_string(SLUICE_VERSION_MAJOR) + '.' +
                            std::to_string(SLUICE_VERSION_MINOR) + '.' +
                            std::to_string(SLUICE_VERSION_PATCH);
  cr_expect(parts == SLUICE_VERSION_STRING);
}

Test(version, a_library_of_the_same_tree_reports_the_version_of_its_headers) {
  cr_expect(sluice::library_version() == SLUICE_VERSION);
}
