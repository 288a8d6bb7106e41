/** Names every Tabler icon that the bundle carries. */
export {
  IconAdjustments, IconAlertCircle, IconAlertTriangle, IconApi, IconArchive, IconArrowBackUp, IconArrowLeft, IconBan,
  IconBuilding, IconBulb, IconCalendarClock, IconCheck, IconChevronDown, IconChevronRight, IconChevronUp, IconCircleCheck,
  IconCircleDashed, IconCircleDot, IconCircleHalf2, IconCirclePlus, IconCircleX, IconClock, IconClockExclamation, IconClockX,
  IconCopy, IconDatabase, IconDatabaseOff, IconDeviceDesktop, IconDownload, IconEye, IconEyeOff, IconFileCertificate, IconHelp,
  IconHistory, IconHourglass, IconId, IconInfoCircle, IconKey, IconKeyOff, IconLink, IconLoader2, IconLock, IconLogout, IconMask,
  IconMenu2, IconMoon, IconPencil, IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconPlugX, IconPlus, IconRadar, IconRefresh,
  IconRipple, IconRobot, IconScale, IconSearch, IconSettings, IconShieldCheck, IconShieldLock, IconShieldX, IconSun, IconTable,
  IconTag, IconTarget, IconTerminal2, IconUpload, IconUserCheck, IconUserOff, IconUserQuestion, IconUsers, IconVersions, IconWorld, IconX,
} from '@tabler/icons-react';
