// Folders that a power cut does not forget.
#pragma once

#include <filesystem>
#include <system_error>

namespace thaw {

// Makes the folder and those above it that are not there, and brings the entry of each to the disk.
std::error_code make_folders(const std::filesystem::path& folder);

// Brings the entries of a folder to the disk: what was made, renamed and removed in it. Not every
// file system can do it (network ones, FUSE), and what is in it is whole either way, so a refusal
// is no failure.
void sync_folder(const std::filesystem::path& folder);

}  // namespace thaw
