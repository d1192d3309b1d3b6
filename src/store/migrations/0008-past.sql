-- Looks that rows and files still speak of are kept, when the others of long ago are thinned out.
CREATE INDEX versions_changed ON versions (changed_scan) WHERE changed_scan IS NOT NULL AND role <> 'closed';
CREATE INDEX files_missed ON files (absent_scan) WHERE absent_scan IS NOT NULL;
