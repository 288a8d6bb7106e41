/** Names every Tabler icon that the bundle carries. */
export {
  IconActivityHeartbeat, IconAdjustments, IconAlertCircle, IconAlertOctagon, IconAlertTriangle, IconApi, IconArchive,
  IconArrowBackUp, IconArrowLeft, IconArrowRight, IconBan, IconBarrierBlock, IconBell, IconBellOff, IconBook, IconBookmark,
  IconBuilding, IconBulb, IconCalendarClock, IconCalendarEvent, IconCalendarExclamation, IconChartHistogram, IconCheck,
  IconChevronDown, IconChevronRight, IconChevronUp, IconCircleCheck, IconCircleDashed, IconCircleDot, IconCircleHalf2,
  IconCircleMinus, IconCirclePlus, IconCircleX, IconClipboardCheck, IconClipboardText, IconClipboardX, IconClock,
  IconClockExclamation, IconClockX, IconColumns3, IconCopy, IconCpu2, IconDatabase, IconDatabaseOff, IconDatabaseSearch,
  IconDeviceDesktop, IconDownload, IconDropletHalf2, IconExternalLink, IconEye, IconEyeOff, IconFileBroken, IconFileCertificate,
  IconFileSearch, IconFileText, IconFlask, IconHandOff, IconHandStop, IconHeartbeat, IconHelp, IconHelpCircle, IconHistory,
  IconHourglass, IconId, IconInfoCircle, IconKey, IconKeyOff, IconLink, IconListDetails, IconLoader2, IconLock, IconLogout,
  IconMask, IconMenu2, IconMessageQuestion, IconMoon, IconPencil, IconPencilCheck, IconPlayerPause, IconPlayerPlay,
  IconPlayerSkipForward, IconPlayerStop, IconPlugConnected, IconPlugX, IconPlus, IconProgressCheck, IconRadar, IconRecycle,
  IconRefresh, IconRipple, IconRobot, IconRocket, IconScale, IconSearch, IconSend, IconServerOff, IconSettings, IconShieldCheck,
  IconShieldLock, IconShieldX, IconSun, IconTable, IconTag, IconTarget, IconTerminal2, IconThumbDown, IconThumbUp, IconTool,
  IconTrash, IconTrashOff, IconUpload, IconUser, IconUserCheck, IconUserOff, IconUserPlus, IconUserQuestion, IconUsers,
  IconUsersGroup, IconVersions, IconWorld, IconX,
} from '@tabler/icons-react';
