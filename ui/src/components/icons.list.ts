/** Names every Tabler icon that the bundle carries. */
export {
  IconActivityHeartbeat, IconAdjustments, IconAlertCircle, IconAlertOctagon, IconAlertTriangle, IconApi, IconArchive,
  IconArrowBackUp, IconArrowLeft, IconBan, IconBarrierBlock, IconBellOff, IconBox, IconBuilding, IconBulb, IconCalendarClock,
  IconCalendarExclamation, IconChartLine, IconCheck, IconChevronDown, IconChevronRight, IconChevronUp, IconCircleCheck,
  IconCircleDashed, IconCircleDot, IconCircleHalf2, IconCircleMinus, IconCircleOff, IconCirclePlus, IconCircleX, IconClipboardCheck,
  IconClipboardText, IconClipboardX, IconClock, IconClockExclamation, IconClockX, IconCopy, IconCpu2, IconDatabase,
  IconDatabaseOff, IconDatabaseSearch, IconDeviceDesktop, IconDownload, IconDropletHalf2, IconEye, IconEyeOff, IconFile,
  IconFileCertificate, IconFileDiff, IconFileSearch, IconFlag, IconFlask, IconFolder, IconGitBranch, IconGitCommit, IconGitMerge, IconGitPullRequest,
  IconHandOff, IconHandStop, IconHeartbeat, IconHelp, IconHistory, IconHourglass, IconId, IconInfoCircle, IconKey,
  IconKeyOff, IconLayoutGrid, IconLink, IconListCheck, IconLoader2, IconLock, IconLogout, IconMask, IconMenu2, IconMessageQuestion,
  IconMoon, IconPackage, IconPencil, IconPlayerPause, IconPlayerPlay, IconPlayerSkipForward, IconPlayerStop, IconPlugConnected, IconPlugX,
  IconPlus, IconProgressCheck, IconRadar, IconRecycle, IconRefresh, IconRipple, IconRobot, IconRocket, IconRoute, IconScale,
  IconSearch, IconSend, IconServer2, IconServerOff, IconSettings, IconShieldCheck, IconShieldLock, IconShieldX, IconSun, IconTable,
  IconTag, IconTarget, IconTemplate, IconTerminal2, IconThumbDown, IconThumbUp, IconTool, IconTrash, IconTrashOff,
  IconUpload, IconUserCheck, IconUserOff, IconUserQuestion, IconUsers, IconVersions, IconWorld, IconX, IconZoomQuestion,
} from '@tabler/icons-react';
