#include "engine/files/folder.h"

#include <fcntl.h>
#include <unistd.h>

namespace thaw {

std::error_code make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path parent =
      folder.has_parent_path() ? folder.parent_path() : std::filesystem::path(".");
  if (folder.empty() || folder == parent || std::filesystem::is_directory(folder, error)) return {};
  if (const std::error_code above = make_folders(parent)) return above;
  std::filesystem::create_directory(folder, error);
  if (!error) sync_folder(parent);
  return error;
}

void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace thaw
