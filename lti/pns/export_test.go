package pns

// NoticeOf reads a message whose signature was checked, for a fuzz target that
// would otherwise spend its time on signatures.
var NoticeOf = noticeOf
